//! Go's `fmt.Sprintf`, as far as Rego's `sprintf` reaches it.
//!
//! OPA hands Go an integer of 64 bits, a larger integer, a float or a text; everything else arrives as the text that Rego
//! prints for it. A verb that does not fit is not an error in Go, it is spelled out in the text.
//!
//! LIMIT: a width or precision over [`SIZE_MAX`] is not offered; Go's own limit is a million.

mod float;
mod quote;
mod verb;

use num_bigint::BigInt;

use super::builtins::Failure;
use super::term::{Number, Term};
use verb::Spec;

pub(super) use quote::quote;

/// LIMIT: width or precision, and so what one verb can cost.
const SIZE_MAX: i64 = 4096;
/// LIMIT: bytes of the text; an argument can be named any number of times.
const BYTES_MAX: usize = 4 << 20;
/// Where Go gives up.
const GO_SIZE_MAX: i64 = 1_000_000;

/// What OPA hands to Go.
#[derive(Debug)]
enum Argument {
    Integer(i64),
    Big(BigInt),
    Float(f64),
    Text(String),
}

/// Formats as OPA does.
pub(super) fn format(format: &str, values: &[Term]) -> Result<String, Failure> {
    let arguments = values.iter().map(argument).collect();
    let mut printer = Printer {
        format,
        at: 0,
        arguments,
        next: 0,
        good_index: true,
        after_index: false,
        reordered: false,
        out: String::new(),
    };
    while let Some((text, _)) = printer.rest().split_once('%') {
        printer.out.push_str(text);
        printer.skip(text.len().saturating_add(1));
        printer.verb()?;
    }
    let rest = printer.rest().to_owned();
    printer.out.push_str(&rest);
    printer.extra()?;
    Ok(printer.out)
}

fn argument(value: &Term) -> Argument {
    match value {
        Term::Number(number) => numeric(number),
        Term::String(text) => Argument::Text(text.clone()),
        Term::Null | Term::Bool(_) | Term::Array(_) | Term::Object(_) | Term::Set(_) => {
            Argument::Text(value.printed())
        }
    }
}

fn numeric(number: &Number) -> Argument {
    if let Some(integer) = number.as_i64() {
        return Argument::Integer(integer);
    }
    let text = || Argument::Text(number.text().to_owned());
    if number.text().contains('.') {
        number.as_f64().map_or_else(text, Argument::Float)
    } else {
        number.as_big().map_or_else(text, Argument::Big)
    }
}

/// Where the formatting is.
struct Printer<'a> {
    format: &'a str,
    at: usize,
    arguments: Vec<Argument>,
    /// The argument that comes next.
    next: usize,
    /// The current verb names no argument that does not exist.
    good_index: bool,
    /// An index like `[3]` has just been read.
    after_index: bool,
    /// An index was read: what is left over is not told.
    reordered: bool,
    out: String,
}

impl<'a> Printer<'a> {
    fn rest(&self) -> &'a str {
        self.format.get(self.at..).unwrap_or("")
    }

    fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.rest().starts_with(c);
        if found {
            self.skip(c.len_utf8());
        }
        found
    }

    /// What follows a `%`.
    fn verb(&mut self) -> Result<(), Failure> {
        self.good_index = true;
        let mut spec = Spec::default();
        while let Some(flag) = self.rest().chars().next() {
            if !spec.flag(flag) {
                break;
            }
            self.skip(1);
        }
        self.index();
        self.width(&mut spec)?;
        self.precision(&mut spec)?;
        if !self.after_index {
            self.index();
        }
        let Some(verb) = self.rest().chars().next() else {
            self.out.push_str("%!(NOVERB)");
            return Ok(());
        };
        self.skip(verb.len_utf8());
        if verb == '%' {
            self.out.push('%');
            return Ok(());
        }
        if !self.good_index {
            self.out.push_str(&format!("%!{verb}(BADINDEX)"));
            return Ok(());
        }
        let Some(argument) = self.arguments.get(self.next) else {
            self.out.push_str(&format!("%!{verb}(MISSING)"));
            return Ok(());
        };
        spec.settle(verb);
        let written = spec.write(verb, argument)?;
        if self.out.len().saturating_add(written.len()) > BYTES_MAX {
            let why = format!("a text of more than {BYTES_MAX} bytes is not offered");
            return Err(Failure::NotOffered(why));
        }
        self.out.push_str(&written);
        self.next = self.next.saturating_add(1);
        Ok(())
    }

    fn width(&mut self, spec: &mut Spec) -> Result<(), Failure> {
        if self.take('*') {
            match self.size_argument() {
                Some(width) => {
                    if width < 0 {
                        spec.minus = true;
                        spec.zero = false;
                    }
                    spec.width = Some(limited(width.saturating_abs())?);
                }
                None => self.out.push_str("%!(BADWIDTH)"),
            }
            self.after_index = false;
        } else {
            spec.width = self.number()?;
            if self.after_index && spec.width.is_some() {
                self.good_index = false;
            }
        }
        Ok(())
    }

    fn precision(&mut self, spec: &mut Spec) -> Result<(), Failure> {
        // A point that nothing follows is a verb.
        if self.rest().len() < 2 || !self.take('.') {
            return Ok(());
        }
        if self.after_index {
            self.good_index = false;
        }
        self.index();
        if self.take('*') {
            match self.size_argument() {
                Some(precision) if precision >= 0 => spec.precision = Some(limited(precision)?),
                Some(_) | None => self.out.push_str("%!(BADPREC)"),
            }
            self.after_index = false;
        } else {
            spec.precision = Some(self.number()?.unwrap_or(0));
        }
        Ok(())
    }

    /// A width or precision from the arguments, for a `*`.
    fn size_argument(&mut self) -> Option<i64> {
        let argument = self.arguments.get(self.next)?;
        self.next = self.next.saturating_add(1);
        match argument {
            Argument::Integer(size) if size.unsigned_abs() <= GO_SIZE_MAX.unsigned_abs() => {
                Some(*size)
            }
            Argument::Integer(_) | Argument::Big(_) | Argument::Float(_) | Argument::Text(_) => {
                None
            }
        }
    }

    /// A width or precision in digits.
    fn number(&mut self) -> Result<Option<usize>, Failure> {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let text = self.rest().get(..digits).unwrap_or("");
        if text.is_empty() {
            return Ok(None);
        }
        self.skip(digits);
        match text.parse() {
            Ok(size) => limited(size).map(Some),
            Err(_) => limited(i64::MAX).map(Some),
        }
    }

    /// An argument's index in brackets; Go counts from one.
    fn index(&mut self) {
        self.after_index = false;
        if !self.rest().starts_with('[') {
            return;
        }
        self.reordered = true;
        let inside = self.rest().get(1..).unwrap_or("");
        let Some((digits, _)) = inside.split_once(']').filter(|_| inside.len() > 1) else {
            self.good_index = false;
            self.skip(1);
            return;
        };
        self.skip(digits.len().saturating_add(2));
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse::<usize>().unwrap_or(usize::MAX);
        match number.checked_sub(1) {
            Some(index) if plain && index < self.arguments.len() => {
                self.next = index;
                self.after_index = true;
            }
            Some(_) | None => {
                self.good_index = false;
                self.after_index = plain;
            }
        }
    }

    /// Tells of arguments that no verb has used.
    fn extra(&mut self) -> Result<(), Failure> {
        let unused = self.arguments.get(self.next..).unwrap_or(&[]);
        if self.reordered || unused.is_empty() {
            return Ok(());
        }
        let mut told = Vec::with_capacity(unused.len());
        for argument in unused {
            let text = Spec::default().write('v', argument)?;
            told.push(format!("{}={text}", verb::go_type(argument)));
        }
        self.out.push_str(&format!("%!(EXTRA {})", told.join(", ")));
        Ok(())
    }
}

fn limited(size: i64) -> Result<usize, Failure> {
    match usize::try_from(size) {
        Ok(size_) if size <= SIZE_MAX => Ok(size_),
        Ok(_) | Err(_) => Err(Failure::NotOffered(format!(
            "a width or precision over {SIZE_MAX} is not offered"
        ))),
    }
}

#[cfg(test)]
mod tests;
