//! What is remembered: an append-only, signed log of evidence.
