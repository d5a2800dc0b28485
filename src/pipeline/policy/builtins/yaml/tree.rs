//! From the text of a document to its nodes.

mod alike;

use std::collections::HashMap;
use std::rc::Rc;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput, StructureStyle, Tag};

use super::scalar::Scalar;
use super::{DEPTH_MAX, Failure, not_offered};
use alike::Root;

/// A part of a document.
#[derive(Debug)]
pub(super) enum Node {
    Scalar(Scalar),
    Sequence(Vec<Rc<Self>>),
    Mapping(Vec<(Rc<Self>, Rc<Self>)>),
    Alias(Rc<Self>),
}

/// The first document of a text; none if there is none.
pub(super) fn read(text: &str) -> Result<Option<Rc<Node>>, Failure> {
    alike::check(text)?;
    let mut builder = Builder::new(text);
    loop {
        let event = builder.next()?;
        if matches!(event, Event::DocumentStart(..)) {
            break;
        }
        if matches!(event, Event::StreamEnd) {
            return Ok(None);
        }
    }
    let first = builder.next()?;
    builder.root = Root::of(&first, builder.column, text)?;
    let root = builder.node(first)?;
    if !matches!(builder.next()?, Event::DocumentEnd) {
        return not_offered("more than one root");
    }
    // The readers differ in how much they look at of what follows, unless it is nothing or the next document.
    match builder.parser.next_event() {
        None | Some(Ok((Event::StreamEnd | Event::DocumentStart(true, _), _))) => Ok(Some(root)),
        Some(_) => not_offered("something after its end"),
    }
}

fn options() -> Options {
    granit_parser::options! {
        block_scalar_eof_without_line_feed: true,
        disallow_directives: true,
        emit_anchor_events: true,
        emit_comments: false,
    }
}

struct Builder<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    root: Root,
    anchors: HashMap<usize, Rc<Node>>,
    depth: usize,
    /// Mappings and sequences that we are in, from the first one in brackets on.
    flows: usize,
    /// Where the last event begins in its line.
    column: usize,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            parser: Parser::new_from_str_with_options(text, options()),
            root: Root::Other,
            anchors: HashMap::new(),
            depth: 0,
            flows: 0,
            column: 0,
        }
    }

    /// The next event that is a part of a document.
    fn next(&mut self) -> Result<Event<'a>, Failure> {
        loop {
            let (event, span) = match self.parser.next_event() {
                Some(Ok(next)) => next,
                Some(Err(error)) => return Err(alike::failure(self.root, self.text, &error)),
                None => return not_offered("no end"),
            };
            if let Event::Anchor(_, name) = &event {
                alike::check_anchor(name, self.text, span)?;
                continue;
            }
            self.column = span.start.col();
            self.look(&event, span)?;
            return Ok(event);
        }
    }

    /// Counts brackets, and checks what is in them.
    fn look(&mut self, event: &Event<'_>, span: Span) -> Result<(), Failure> {
        if let Event::SequenceStart(style, ..) | Event::MappingStart(style, ..) = event {
            if *style == StructureStyle::Flow || self.flows > 0 {
                self.flows = self.flows.saturating_add(1);
            }
        } else if matches!(event, Event::SequenceEnd | Event::MappingEnd) {
            self.flows = self.flows.saturating_sub(1);
        } else if let (true, Event::Scalar(text, style, ..)) = (self.flows > 0, event) {
            alike::check_in_brackets(text, *style, span)?;
        }
        Ok(())
    }

    fn node(&mut self, event: Event<'a>) -> Result<Rc<Node>, Failure> {
        if self.depth > DEPTH_MAX {
            return not_offered("so many levels");
        }
        self.depth = self.depth.saturating_add(1);
        let (node, anchor) = self.content(event)?;
        self.depth = self.depth.saturating_sub(1);
        let node = Rc::new(node);
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        Ok(node)
    }

    fn content(&mut self, event: Event<'a>) -> Result<(Node, usize), Failure> {
        if let Event::Alias(anchor) = event {
            // One that stands for what it is in is not there yet.
            let target = self.anchors.get(&anchor).ok_or(Failure::Undefined)?;
            Ok((Node::Alias(Rc::clone(target)), 0))
        } else if let Event::Scalar(text, style, anchor, tag) = event {
            check_tag(tag.as_deref())?;
            let scalar = match style {
                ScalarStyle::Plain => Scalar::plain(&text),
                ScalarStyle::SingleQuoted
                | ScalarStyle::DoubleQuoted
                | ScalarStyle::Literal
                | ScalarStyle::Folded => Scalar::Text(text.into_owned()),
            };
            Ok((Node::Scalar(scalar), anchor))
        } else if let Event::SequenceStart(_, anchor, tag) = event {
            check_tag(tag.as_deref())?;
            let mut items = Vec::new();
            while let Some(next) = self.until(&Event::SequenceEnd)? {
                items.push(self.node(next)?);
            }
            Ok((Node::Sequence(items), anchor))
        } else if let Event::MappingStart(_, anchor, tag) = event {
            check_tag(tag.as_deref())?;
            let mut pairs = Vec::new();
            while let Some(next) = self.until(&Event::MappingEnd)? {
                let key = self.node(next)?;
                if matches!(*key, Node::Sequence(_) | Node::Mapping(_)) {
                    return not_offered("a key that is no scalar");
                }
                let next = self.next()?;
                pairs.push((key, self.node(next)?));
            }
            Ok((Node::Mapping(pairs), anchor))
        } else {
            not_offered("a part that is no value")
        }
    }

    fn until(&mut self, end: &Event<'_>) -> Result<Option<Event<'a>>, Failure> {
        let event = self.next()?;
        Ok((event != *end).then_some(event))
    }
}

fn check_tag(tag: Option<&Tag>) -> Result<(), Failure> {
    match tag {
        Some(_) => not_offered("tags"),
        None => Ok(()),
    }
}
