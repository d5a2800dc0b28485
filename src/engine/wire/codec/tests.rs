use proptest::prelude::*;
use prost::bytes::BufMut;
use prost_types::Struct;

use super::*;
use crate::engine::wire::pulumirpc::{
    CheckFailure, RegisterResourceRequest, ResourceInvokeResponse, RunRequest,
    SupportsFeatureRequest, register_resource_request::PropertyDependencies,
};
use crate::engine::wire::value::{self, Value};

#[track_caller]
fn refused<U: Message + Default + Name + std::fmt::Debug>(bytes: &[u8]) -> String {
    let status = decode::<U>(bytes).unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    status.message().to_owned()
}

fn registration() -> RegisterResourceRequest {
    let properties = [
        (
            "tags".to_owned(),
            Value::Map([("a".to_owned(), Value::String(String::new()))].into()),
        ),
        ("none".to_owned(), Value::Null),
        (
            "secret".to_owned(),
            Value::Secret(Box::new(Value::Number(0.0))),
        ),
    ];
    RegisterResourceRequest {
        r#type: "aws:s3/bucket:Bucket".to_owned(),
        object: Some(value::to_struct(&properties.into())),
        property_dependencies: [("tags".to_owned(), PropertyDependencies::default())].into(),
        ..RegisterResourceRequest::default()
    }
}

#[test]
fn an_honest_message_passes() {
    let message = registration();
    assert_eq!(
        decode::<RegisterResourceRequest>(&message.encode_to_vec()).unwrap(),
        message
    );
    decode::<()>(&[]).unwrap();
}

#[test]
fn an_unknown_field_at_the_top_is_refused_and_named() {
    let mut bytes = registration().encode_to_vec();
    prost::encoding::bool::encode(900, &true, &mut bytes);
    insta::assert_snapshot!(refused::<RegisterResourceRequest>(&bytes), @"refusing `pulumirpc.RegisterResourceRequest`: field 900 of `pulumirpc.RegisterResourceRequest` is not declared");
    // Even for a message without any field.
    insta::assert_snapshot!(refused::<()>(&bytes[..0].iter().copied().chain([8, 1]).collect::<Vec<_>>()), @"refusing `google.protobuf.Empty`: field 1 of `google.protobuf.Empty` is not declared");
}

#[test]
fn an_unknown_field_deep_inside_a_map_of_a_list_of_values_is_refused() {
    // A Value with kind number 9, in a list, in a struct field.
    let value = [9 << 3, 1];
    let list = nested(1, &value);
    let holder = nested(6, &list);
    let mut entry = Vec::new();
    prost::encoding::string::encode(1, &"key".to_owned(), &mut entry);
    entry.extend(nested(2, &holder));
    let object = nested(1, &entry);
    let bytes = nested(5, &object);
    assert!(
        refused::<RegisterResourceRequest>(&bytes).contains("field 9 of `google.protobuf.Value`")
    );
}

#[test]
fn an_unknown_field_in_a_map_entry_is_refused() {
    let mut entry = Vec::new();
    prost::encoding::string::encode(1, &"key".to_owned(), &mut entry);
    prost::encoding::string::encode(3, &"smuggled".to_owned(), &mut entry);
    assert!(
        refused::<RunRequest>(&nested(6, &entry))
            .contains("field 3 of `pulumirpc.RunRequest.ConfigEntry`")
    );
}

#[test]
fn a_map_entry_that_spells_out_its_defaults_passes() {
    // Go, Node and Python write key and value even when empty; prost leaves them out.
    let mut entry = Vec::new();
    prost::encoding::string::encode(1, &String::new(), &mut entry);
    prost::encoding::string::encode(2, &String::new(), &mut entry);
    let bytes = nested(6, &entry);
    let message = decode::<RunRequest>(&bytes).unwrap();
    assert!(
        message.encoded_len() < bytes.len(),
        "the encodings differ, as they may"
    );
}

#[test]
fn groups_wrong_wire_types_and_truncation_are_refused() {
    // Field 5 (a message) as a varint; a group; a length beyond the end; half a varint.
    for bytes in [
        &[5 << 3, 1][..],
        &[(5 << 3) | 3, (5 << 3) | 4],
        &[(1 << 3) | 2, 9, 0],
        &[0x80],
    ] {
        refused::<RegisterResourceRequest>(bytes);
    }
}

#[test]
fn deep_nesting_is_refused_and_moderate_nesting_passes() {
    fn tower(levels: usize) -> Vec<u8> {
        let mut value = Value::Null;
        for _ in 0..levels {
            value = Value::Map([("x".to_owned(), value)].into());
        }
        let bag: Struct = value::to_struct(&[("x".to_owned(), value)].into());
        ResourceInvokeResponse {
            r#return: Some(bag),
            ..ResourceInvokeResponse::default()
        }
        .encode_to_vec()
    }
    decode::<ResourceInvokeResponse>(&tower(28)).unwrap();
    assert!(refused::<ResourceInvokeResponse>(&tower(40)).contains("nested deeper"));
}

fn nested(number: u32, inner: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::encode_key(
        number,
        prost::encoding::WireType::LengthDelimited,
        &mut bytes,
    );
    prost::encoding::encode_varint(inner.len() as u64, &mut bytes);
    bytes.put_slice(inner);
    bytes
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        Just(Value::Unknown),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(|n| Value::Number(f64::from(n))),
        ".*".prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            proptest::collection::btree_map(".{0,6}", inner.clone(), 0..5).prop_map(Value::Map),
            inner.prop_map(|v| Value::Secret(Box::new(v))),
        ]
    })
}

proptest! {
    #[test]
    fn every_honest_message_passes(value in any_value(), name in ".*", reasons in proptest::collection::vec(".*", 0..4)) {
        let request = RegisterResourceRequest {
            name,
            object: Some(value::to_struct(&[("p".to_owned(), value)].into())),
            ..registration()
        };
        prop_assert_eq!(&decode::<RegisterResourceRequest>(&request.encode_to_vec()).unwrap(), &request);
        let response = ResourceInvokeResponse {
            failures: reasons.into_iter().map(|reason| CheckFailure { property: String::new(), reason }).collect(),
            ..ResourceInvokeResponse::default()
        };
        prop_assert_eq!(&decode::<ResourceInvokeResponse>(&response.encode_to_vec()).unwrap(), &response);
    }

    #[test]
    fn no_bytes_make_it_panic_and_what_passes_has_no_unknown_field(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(message) = decode::<SupportsFeatureRequest>(&bytes) {
            // Two declared fields at most, so nothing can be longer than what is understood, but for repeated fields.
            prop_assert!(message.encoded_len() <= bytes.len());
        }
        drop(decode::<RegisterResourceRequest>(&bytes));
    }
}
