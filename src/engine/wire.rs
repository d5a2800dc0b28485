//! Pulumi's plugin protocol, as declared in `wire/proto`, with a codec that refuses what it does not know.

#[expect(
    missing_docs,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
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

/// The codec of every server and client of ours.
pub type StrictCodec<T, U> = tonic_prost::ProstCodec<T, U>;
