//! Pulumi's plugin protocol, as declared in `wire/proto`, with a codec that refuses what it does not know.
//!
//! INVARIANT: every server and client of ours is made here, so that the message limit and the strict codec hold for all of them.
//! INVARIANT: a server is a future; connections and requests are tasks that die with it.
//!
//! This module knows messages and connections. What a message may ask for is decided in `monitor` and `gateway`.

mod codec;
pub mod marks;
mod serve;
pub mod value;

pub use codec::{StrictCodec, StrictDecoder};
pub use serve::{ServeError, channel, routes, serve, serve_each};

/// Largest message in either direction, in bytes: what the engine itself allows (400 MiB).
pub const MESSAGE_BYTES_MAX: usize = 400 << 20;

/// Deepest nesting of messages, map entries included. Below prost's own limit of 100, so that our message is the one that is seen.
pub const MESSAGE_DEPTH_MAX: usize = 96;

#[expect(
    missing_docs,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    reason = "generated from the protocol declarations"
)]
pub mod pulumirpc {
    tonic::include_proto!("pulumirpc");
}

#[expect(
    missing_docs,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "generated from the protocol declarations"
)]
pub mod codegen {
    tonic::include_proto!("codegen");
}

/// A server or client of a generated service, with our message limit.
///
/// A macro because the generated types share method names but no trait.
macro_rules! limited {
    ($made:expr) => {
        $made
            .max_decoding_message_size($crate::engine::wire::MESSAGE_BYTES_MAX)
            .max_encoding_message_size($crate::engine::wire::MESSAGE_BYTES_MAX)
    };
}
pub(crate) use limited;

/// The descriptors of every message we declare.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/wire.bin"));
