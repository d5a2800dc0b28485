//! What the sandbox does and what it withstands, on the real kernel.

mod support;
mod walls;
