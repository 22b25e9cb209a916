"""Files of rows, as bytes and as chunks: CSV, TSV, JSON lines, Parquet, in and out."""
