//! The broker against a model that answers what a test says.
