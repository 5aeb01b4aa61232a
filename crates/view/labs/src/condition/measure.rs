//! A value to show: `kernel.memory_used as bytes`.

use serde::{Serialize, Serializer};

use super::eval::{self, Sight};
use super::types::{self, Expr, Scope};
use super::value::Value;
use super::{Fault, grammar};
use crate::near::nearest;
use crate::rules;

/// Ticks of the machine's clock in a millisecond, rounded: see `abi::boot::NOMINAL_HZ`.
const TICKS_PER_MS: i128 = 100_227;

/// How a number is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unit {
    /// `1,234,567`
    Plain,
    /// `8.0 MiB`
    Bytes,
    /// Ticks of the clock, shown as `12.3 ms`.
    Ms,
    /// `42 %`
    Percent,
    /// `0x1000`
    Hex,
}

const UNITS: [(&str, Unit); 4] = [
    ("bytes", Unit::Bytes),
    ("ms", Unit::Ms),
    ("percent", Unit::Percent),
    ("hex", Unit::Hex),
];

/// A value to show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Measure {
    /// As the author wrote it.
    pub text: String,
    expr: Expr,
    unit: Unit,
}

impl Measure {
    /// Reads a path or calculation, with ` as UNIT` behind it or not.
    ///
    /// # Errors
    /// See [`Condition::parse`](super::Condition::parse).
    pub fn parse(text: &str, scope: &Scope) -> Result<Self, Fault> {
        let (value, unit) = match text.rsplit_once(" as ") {
            None => (text, Unit::Plain),
            Some((value, name)) => {
                let known = UNITS.iter().find(|(known, _)| *known == name.trim());
                let Some((_, unit)) = known else {
                    let at = text.len() - name.len()..text.len();
                    let names = UNITS.iter().map(|(name, _)| *name);
                    let message = format!("there is no unit `{name}`");
                    return Err(Fault::new(rules::SYNTAX, at, message)
                        .label("units: bytes, ms, percent, hex")
                        .meant(nearest(name, names)));
                };
                (value, *unit)
            }
        };
        let (expr, is_number) = types::value(&grammar::value(value)?, scope)?;
        if unit != Unit::Plain && !is_number {
            let at = 0..value.len();
            return Err(Fault::new(rules::TYPE, at, "only a number has a unit"));
        }
        let text = text.to_owned();
        Ok(Self { text, expr, unit })
    }

    /// The value now, if it is there.
    pub fn value(&self, sight: &Sight<'_>) -> Option<Value> {
        eval::value(&self.expr, sight)
    }

    /// The value as people write it; a dash if it is not there.
    pub fn shown(&self, sight: &Sight<'_>) -> String {
        match self.value(sight) {
            None => "–".into(),
            Some(Value::Text(text)) => text,
            Some(Value::Bool(true)) => "yes".into(),
            Some(Value::Bool(false)) => "no".into(),
            Some(Value::Int(number)) => self.written(number),
            Some(_) => "…".into(),
        }
    }

    fn written(&self, number: i128) -> String {
        if number == u64::MAX.into() {
            return "max".into();
        }
        match self.unit {
            Unit::Plain => grouped(number),
            Unit::Percent => format!("{} %", grouped(number)),
            Unit::Hex => format!("{number:#x}"),
            Unit::Ms => format!("{} ms", tenths(number, TICKS_PER_MS)),
            Unit::Bytes => match number.saturating_abs() {
                0..1024 => format!("{number} bytes"),
                1024..0x10_0000 => format!("{} KiB", tenths(number, 1 << 10)),
                0x10_0000..0x4000_0000 => format!("{} MiB", tenths(number, 1 << 20)),
                _ => format!("{} GiB", tenths(number, 1 << 30)),
            },
        }
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// A plain number as people write it, with commas between the thousands.
pub fn number(number: u64) -> String {
    grouped(number.into())
}

/// `12.3`: a quotient to one digit after the point, rounded.
fn tenths(number: i128, unit: i128) -> String {
    let tenths = (number.saturating_abs().saturating_mul(10) + unit / 2) / unit;
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}.{}", grouped(tenths / 10), tenths % 10)
}

fn grouped(number: i128) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::from(if number < 0 { "-" } else { "" });
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        let shown = |text: &str, number| {
            Measure::parse(text, &Scope::default())
                .unwrap()
                .written(number)
        };
        assert_eq!(shown("moment", 1_234_567), "1,234,567");
        assert_eq!(shown("moment", -1_000), "-1,000");
        assert_eq!(shown("moment", u64::MAX.into()), "max");
        assert_eq!(shown("moment as bytes", 8 << 20), "8.0 MiB");
        assert_eq!(shown("moment as bytes", 1000), "1000 bytes");
        assert_eq!(shown("moment as ms", 1_233_000), "12.3 ms");
        assert_eq!(shown("moment as hex", 4096), "0x1000");
        assert_eq!(shown("moment as percent", 42), "42 %");
    }

    #[test]
    fn units_are_checked() {
        let fault = |text| Measure::parse(text, &Scope::default()).unwrap_err();
        assert!(fault("moment as byte").help.unwrap().contains("bytes"));
        assert_eq!(fault("running as bytes").rule, rules::TYPE);
    }
}
