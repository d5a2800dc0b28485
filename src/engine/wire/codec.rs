//! A protobuf codec that refuses messages holding a field that our declarations do not have.
//!
//! prost drops unknown fields silently, so a newer peer could say something to the engine's side of a proxy that the proxy never
//! saw, or the proxy could forward less than was said. Every message is walked against the descriptors before it is decoded.
//!
//! INVARIANT: a message that is decoded consists of declared fields only, at any depth.
//!
//! It does not compare lengths of encodings: Go, Node and Python write map entries with default values that prost leaves out.

use std::marker::PhantomData;
use std::sync::LazyLock;

use prost::bytes::Buf;
use prost::{Message, Name};
use prost_reflect::{DescriptorError, DescriptorPool, Kind, MessageDescriptor};
use tonic::codec::{Codec, DecodeBuf, Decoder};
use tonic::{Code, Status};

use super::{DESCRIPTORS, MESSAGE_BYTES_MAX, MESSAGE_DEPTH_MAX};

/// Every declared message. Our own build made the set; were it damaged, every message would be refused.
static POOL: LazyLock<Result<DescriptorPool, DescriptorError>> =
    LazyLock::new(|| DescriptorPool::decode(DESCRIPTORS));

/// The codec of every server and client of ours.
#[derive(Debug, Clone)]
pub struct StrictCodec<T, U> {
    kinds: PhantomData<(T, U)>,
}

impl<T, U> Default for StrictCodec<T, U> {
    fn default() -> Self {
        Self { kinds: PhantomData }
    }
}

impl<T, U> Codec for StrictCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Name + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = tonic_prost::ProstEncoder<T>;
    type Decoder = StrictDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        tonic_prost::ProstEncoder::default()
    }

    fn decoder(&mut self) -> Self::Decoder {
        StrictDecoder { kind: PhantomData }
    }
}

/// The decoding half of [`StrictCodec`].
#[derive(Debug, Clone)]
pub struct StrictDecoder<U> {
    kind: PhantomData<U>,
}

impl<U: Message + Default + Name> Decoder for StrictDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        if source.remaining() > MESSAGE_BYTES_MAX {
            return Err(Status::new(
                Code::InvalidArgument,
                format!(
                    "`{}` is larger than {MESSAGE_BYTES_MAX} bytes",
                    U::full_name()
                ),
            ));
        }
        let bytes = source.copy_to_bytes(source.remaining());
        decode(&bytes).map(Some)
    }
}

/// Decodes one message, or refuses it.
pub(super) fn decode<U: Message + Default + Name>(bytes: &[u8]) -> Result<U, Status> {
    let name = U::full_name();
    let refuse = |problem: Problem| {
        Status::new(
            Code::InvalidArgument,
            format!("refusing `{name}`: {problem}"),
        )
    };
    let pool = POOL.as_ref().map_err(|_| refuse(Problem::Undeclared))?;
    let descriptor = pool
        .get_message_by_name(&name)
        .ok_or_else(|| refuse(Problem::Undeclared))?;
    walk(bytes, &descriptor, MESSAGE_DEPTH_MAX).map_err(refuse)?;
    U::decode(bytes).map_err(|error| refuse(Problem::Malformed(error.to_string())))
}

/// Why a message is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("this message type is not declared")]
    Undeclared,
    #[error("field {number} of `{message}` is not declared")]
    UnknownField { message: String, number: u32 },
    #[error(
        "field {number} of `{message}` has wire type {wire}, which its declaration does not allow"
    )]
    WireType {
        message: String,
        number: u32,
        wire: u8,
    },
    #[error("messages are nested deeper than {MESSAGE_DEPTH_MAX} levels")]
    TooDeep,
    #[error("the encoding ends early or is not protobuf")]
    Truncated,
    #[error("the encoding is not valid: {0}")]
    Malformed(String),
}

const VARINT: u8 = 0;
const FIXED_64: u8 = 1;
const BYTES: u8 = 2;
const FIXED_32: u8 = 5;

/// Visits every field of a message and of the messages in it; `depth` is how many levels are left.
fn walk(mut rest: &[u8], descriptor: &MessageDescriptor, depth: usize) -> Result<(), Problem> {
    let Some(below) = depth.checked_sub(1) else {
        return Err(Problem::TooDeep);
    };
    while !rest.is_empty() {
        let key = varint(&mut rest)?;
        let wire = u8::try_from(key & 7).map_err(|_| Problem::Truncated)?;
        let number = u32::try_from(key >> 3).map_err(|_| Problem::Truncated)?;
        let message = || descriptor.full_name().to_owned();
        let field = descriptor
            .get_field(number)
            .ok_or_else(|| Problem::UnknownField {
                message: message(),
                number,
            })?;
        match wire {
            VARINT => {
                varint(&mut rest)?;
            }
            FIXED_64 => {
                take(&mut rest, 8)?;
            }
            FIXED_32 => {
                take(&mut rest, 4)?;
            }
            BYTES => {
                let length = varint(&mut rest)?;
                let length = usize::try_from(length).map_err(|_| Problem::Truncated)?;
                let inner = take(&mut rest, length)?;
                if let Kind::Message(declared) = field.kind() {
                    walk(inner, &declared, below)?;
                }
                continue;
            }
            // Groups (3 and 4) are not proto3; 6 and 7 are nothing.
            other => {
                return Err(Problem::WireType {
                    message: message(),
                    number,
                    wire: other,
                });
            }
        }
        if matches!(field.kind(), Kind::Message(_)) {
            return Err(Problem::WireType {
                message: message(),
                number,
                wire,
            });
        }
    }
    Ok(())
}

/// Takes `length` bytes off the front.
fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Problem> {
    let (taken, left) = rest.split_at_checked(length).ok_or(Problem::Truncated)?;
    *rest = left;
    Ok(taken)
}

/// Takes a variable-length integer off the front: at most ten bytes, as prost reads it.
fn varint(rest: &mut &[u8]) -> Result<u64, Problem> {
    prost::encoding::decode_varint(rest).map_err(|_| Problem::Truncated)
}

#[cfg(test)]
mod tests;
