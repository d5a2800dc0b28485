//! Where JSON values begin and end, by the grammar of RFC 8259, without reading what is in them.
//!
//! Most of a preview is never looked at; finding its end is most of the work that a large one makes. Eight bytes of a text are
//! looked at together.
//!
//! INVARIANT: what is accepted here is JSON, so that parsers which read a part of it later cannot disagree on where it ends.

/// LIMIT: arrays and objects inside each other, as in `serde_json`.
const DEPTH_MAX: usize = 128;

/// It is not JSON from here on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) at: usize,
}

type Scanned<T> = Result<T, Malformed>;

/// Goes through a text from its beginning.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next value's own text.
    pub(super) fn value(&mut self) -> Scanned<&'a str> {
        self.space();
        let begin = self.at;
        self.skip()?;
        self.since(begin)
    }

    /// Goes through an object: `member` is called behind each key, which it gets without its quotes and as it is escaped, and
    /// must take the value.
    pub(super) fn object<E: From<Malformed>>(
        &mut self,
        mut member: impl FnMut(&mut Self, &'a str) -> Result<(), E>,
    ) -> Result<(), E> {
        self.items(b'{', b'}', |scanner| {
            let key = scanner.key()?;
            member(scanner, key)
        })
    }

    /// Goes through an array: `element` must take a value.
    pub(super) fn array<E: From<Malformed>>(
        &mut self,
        element: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.items(b'[', b']', element)
    }

    fn items<E: From<Malformed>>(
        &mut self,
        open: u8,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.space();
        self.expect(open)?;
        self.space();
        if self.take(close) {
            return Ok(());
        }
        loop {
            item(self)?;
            self.space();
            if self.take(close) {
                return Ok(());
            }
            self.expect(b',')?;
            self.space();
        }
    }

    /// Nothing but space is left.
    pub(super) fn end(mut self) -> Scanned<()> {
        self.space();
        if self.at == self.text.len() {
            Ok(())
        } else {
            self.fail()
        }
    }

    fn since(&self, begin: usize) -> Scanned<&'a str> {
        self.text.get(begin..self.at).ok_or(Malformed { at: begin })
    }

    const fn fail<T>(&self) -> Scanned<T> {
        Err(Malformed { at: self.at })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        if is_next {
            self.at += 1;
        }
        is_next
    }

    fn expect(&mut self, byte: u8) -> Scanned<()> {
        if self.take(byte) { Ok(()) } else { self.fail() }
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// A key with its colon.
    fn key(&mut self) -> Scanned<&'a str> {
        self.expect(b'"')?;
        let begin = self.at;
        self.string()?;
        let key = self.text.get(begin..self.at.saturating_sub(1));
        self.space();
        self.expect(b':')?;
        key.ok_or(Malformed { at: begin })
    }

    /// The rest of a text, behind its first quote.
    fn string(&mut self) -> Scanned<()> {
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or(&[]);
            self.at += plain(rest);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                // A control character, or the end.
                Some(_) | None => return self.fail(),
            }
        }
    }

    fn escape(&mut self) -> Scanned<()> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                        return self.fail();
                    }
                    self.at += 1;
                }
            }
            Some(_) | None => return self.fail(),
        }
        Ok(())
    }

    /// A value, whatever it is.
    fn skip(&mut self) -> Scanned<()> {
        // A bit for each open array (0) or object (1), the innermost last.
        let (mut open, mut depth) = (0u128, 0usize);
        loop {
            self.space();
            let opened = match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    self.string()?;
                    None
                }
                Some(b'{') => Some((1, b'}')),
                Some(b'[') => Some((0, b']')),
                Some(b't') => self.word("true")?,
                Some(b'f') => self.word("false")?,
                Some(b'n') => self.word("null")?,
                Some(_) | None => self.number()?,
            };
            if let Some((kind, close)) = opened {
                if depth == DEPTH_MAX {
                    return self.fail();
                }
                self.at += 1;
                self.space();
                if !self.take(close) {
                    (open, depth) = (open << 1 | kind, depth + 1);
                    if kind == 1 {
                        self.key()?;
                    }
                    continue;
                }
            }
            loop {
                if depth == 0 {
                    return Ok(());
                }
                self.space();
                let is_object = open & 1 == 1;
                if self.take(b',') {
                    if is_object {
                        self.space();
                        self.key()?;
                    }
                    break;
                }
                self.expect(if is_object { b'}' } else { b']' })?;
                (open, depth) = (open >> 1, depth - 1);
            }
        }
    }

    fn word<T>(&mut self, word: &str) -> Scanned<Option<T>> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or(&[]);
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(None)
        } else {
            self.fail()
        }
    }

    fn number<T>(&mut self) -> Scanned<Option<T>> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'+') {
                self.take(b'-');
            }
            self.digits()?;
        }
        Ok(None)
    }

    /// One digit or more.
    fn digits(&mut self) -> Scanned<()> {
        let begin = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == begin {
            self.fail()
        } else {
            Ok(())
        }
    }
}

/// How many bytes come before a quote, a backslash or a control character.
pub(super) fn plain(text: &[u8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let mut rest = text;
    let mut passed = 0usize;
    while let Some((chunk, more)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        // Sets the high bit of each byte that is less than `n`, below the first such byte exactly.
        let below = |word: u64, n: u64| word.wrapping_sub(ONES * n) & !word & HIGH;
        let found =
            below(word ^ (ONES * 0x22), 1) | below(word ^ (ONES * 0x5c), 1) | below(word, 0x20);
        if found != 0 {
            return passed + (found.trailing_zeros() / 8) as usize;
        }
        passed += 8;
        rest = more;
    }
    let is_plain = |byte: &u8| *byte >= 0x20 && !matches!(byte, b'"' | b'\\');
    passed
        + rest
            .iter()
            .position(|byte| !is_plain(byte))
            .unwrap_or(rest.len())
}

#[cfg(test)]
mod tests;
