"""Three-way merges: example by example and field by field, with conflicts kept as rows until somebody settles them."""
