//! What one run may touch, built once and handed out in pieces.

pub mod dependencies;
pub mod import;
pub mod repository;
pub mod sandbox;
pub mod tools;
