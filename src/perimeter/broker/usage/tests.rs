//! Streams in pieces of every size.

use super::*;

/// Reads a stream in pieces of every size.
fn read(api: Api, form: Form, text: &str) -> Option<Tokens> {
    let whole = {
        let mut reader = Reader::new(api, form);
        reader.feed(text.as_bytes());
        reader.finish()
    };
    for size in [1, 2, 7, 64] {
        let mut reader = Reader::new(api, form);
        for piece in text.as_bytes().chunks(size) {
            reader.feed(piece);
        }
        assert_eq!(reader.finish(), whole, "in pieces of {size}");
    }
    whole
}

fn tokens(input: u64, cached_input: u64, cache_write: u64, output: u64) -> Option<Tokens> {
    Some(Tokens {
        input,
        cached_input,
        cache_write,
        output,
    })
}

#[test]
fn responses() {
    let done = r#"{"type":"response.completed","response":{"id":"r","usage":{"input_tokens":1200,"input_tokens_details":{"cached_tokens":200},"output_tokens":34,"total_tokens":1234}}}"#;
    let stream = format!(
        "event: response.created\ndata: {{\"type\":\"response.created\",\"response\":{{\"usage\":null}}}}\n\nevent: response.completed\ndata: {done}\n\n"
    );
    assert_eq!(
        read(Api::Responses, Form::Events, &stream),
        tokens(1000, 200, 0, 34)
    );
    // No end of line after the last event.
    assert_eq!(
        read(Api::Responses, Form::Events, &format!("data: {done}")),
        tokens(1000, 200, 0, 34)
    );
    let cut = stream.get(..stream.len() - 20).unwrap();
    assert_eq!(read(Api::Responses, Form::Events, cut), None);
    assert_eq!(
        read(
            Api::Responses,
            Form::Document,
            r#"{"usage":{"input_tokens":3,"output_tokens":4}}"#
        ),
        tokens(3, 0, 0, 4)
    );
}

#[test]
fn the_last_event_is_known_before_the_stream_ends() {
    let done = "data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}}\n";
    let mut reader = Reader::new(Api::Responses, Form::Events);
    reader.feed(b"data: {\"type\":\"response.created\"}\n");
    assert!(!reader.is_final());
    reader.feed(done.as_bytes());
    assert!(reader.is_final());
    let mut gemini = Reader::new(Api::Gemini, Form::Events);
    gemini.feed(b"data: {\"usageMetadata\":{\"promptTokenCount\":1,\"candidatesTokenCount\":1}}\n");
    assert!(!gemini.is_final());
}

#[test]
fn chat() {
    let stream = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}],\"usage\":null}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\ndata: [DONE]\n\n";
    assert_eq!(read(Api::Chat, Form::Events, stream), tokens(6, 4, 0, 5));
    assert_eq!(read(Api::Chat, Form::Events, "data: [DONE]\n\n"), None);
}

#[test]
fn messages_count_only_when_the_end_was_seen() {
    let start = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9,\"cache_creation_input_tokens\":7,\"cache_read_input_tokens\":5,\"output_tokens\":1}}}\n\n";
    let delta = "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":40}}\n\n";
    assert_eq!(
        read(Api::Messages, Form::Events, &format!("{start}{delta}")),
        tokens(9, 5, 7, 40)
    );
    assert_eq!(read(Api::Messages, Form::Events, start), None);
    let document = r#"{"type":"message","usage":{"input_tokens":2,"output_tokens":3}}"#;
    assert_eq!(
        read(Api::Messages, Form::Document, document),
        tokens(2, 0, 0, 3)
    );
}

#[test]
fn gemini() {
    let stream = "data: {\"usageMetadata\":{\"promptTokenCount\":8}}\r\n\r\ndata: {\"usageMetadata\":{\"promptTokenCount\":8,\"cachedContentTokenCount\":3,\"candidatesTokenCount\":2,\"thoughtsTokenCount\":6}}\r\n\r\n";
    assert_eq!(read(Api::Gemini, Form::Events, stream), tokens(5, 3, 0, 8));
}

#[test]
fn nonsense_is_no_usage() {
    for text in [
        "",
        "data: {\"usage\":",
        "data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":-1,\"output_tokens\":2}}}\n",
        "usage",
    ] {
        for api in [Api::Responses, Api::Chat, Api::Messages, Api::Gemini] {
            assert_eq!(read(api, Form::Events, text), None, "{text}");
            assert_eq!(read(api, Form::Document, text), None, "{text}");
        }
    }
}
