//! Plain data as a tree of values, under serde's names.
//!
//! Assertions speak of [`Facts`](scene::Facts) by its field names. Rather than write these down
//! a second time, everything is serialised into this tree: a new field of `Facts` is at once a
//! new word of the language.

use serde::Serialize;
use serde::ser::{self, Serializer};

/// A value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// An option that is empty.
    Nothing,
    /// Yes or no.
    Bool(bool),
    /// A number: wide enough for differences of `u64`.
    Int(i128),
    /// A text; of an enum's variant its serde name.
    Text(String),
    /// Any number of values of one kind.
    List(Vec<Value>),
    /// Named values.
    Record(Vec<(&'static str, Value)>),
}

impl Value {
    /// The tree of some plain data.
    ///
    /// # Panics
    /// If the data has parts that the tree does not know: maps, floats, byte strings.
    pub fn of(data: &impl Serialize) -> Self {
        data.serialize(ToValue)
            .expect("facts are made of integers, texts, lists and records")
    }

    /// The field of a record.
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Record(fields) => fields
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The serialiser. It has no state: a value is made from its parts.
#[derive(Clone, Copy)]
struct ToValue;

/// What the tree does not know.
#[derive(Debug)]
struct Unknown(String);

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unknown {}

impl ser::Error for Unknown {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Made = Result<Value, Unknown>;

macro_rules! integers {
    ($($method:ident $type:ty),*) => {
        $(fn $method(self, value: $type) -> Made { Ok(Value::Int(value.into())) })*
    };
}

fn unknown(what: &str) -> Made {
    Err(Unknown(format!("{what} has no place in facts")))
}

impl Serializer for ToValue {
    type Ok = Value;
    type Error = Unknown;
    type SerializeSeq = Parts;
    type SerializeTuple = Parts;
    type SerializeTupleStruct = Parts;
    type SerializeTupleVariant = ser::Impossible<Value, Unknown>;
    type SerializeMap = ser::Impossible<Value, Unknown>;
    type SerializeStruct = Fields;
    type SerializeStructVariant = ser::Impossible<Value, Unknown>;

    integers!(serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64);
    integers!(serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64);

    fn serialize_bool(self, value: bool) -> Made {
        Ok(Value::Bool(value))
    }
    fn serialize_str(self, value: &str) -> Made {
        Ok(Value::Text(value.to_owned()))
    }
    fn serialize_char(self, value: char) -> Made {
        Ok(Value::Text(value.to_string()))
    }
    fn serialize_none(self) -> Made {
        Ok(Value::Nothing)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Made {
        value.serialize(self)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Made {
        Ok(Value::Text(variant.to_owned()))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Made {
        value.serialize(self)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Parts, Unknown> {
        Ok(Parts(Vec::new()))
    }
    fn serialize_tuple(self, _: usize) -> Result<Parts, Unknown> {
        Ok(Parts(Vec::new()))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts, Unknown> {
        Ok(Parts(Vec::new()))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields, Unknown> {
        Ok(Fields(Vec::new()))
    }

    fn serialize_f32(self, _: f32) -> Made {
        unknown("a float")
    }
    fn serialize_f64(self, _: f64) -> Made {
        unknown("a float")
    }
    fn serialize_bytes(self, _: &[u8]) -> Made {
        unknown("a byte string")
    }
    fn serialize_unit(self) -> Made {
        unknown("a unit")
    }
    fn serialize_unit_struct(self, name: &'static str) -> Made {
        unknown(name)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Made {
        unknown(name)
    }
    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unknown> {
        Err(Unknown(name.into()))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unknown> {
        Err(Unknown("a map".into()))
    }
    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unknown> {
        Err(Unknown(name.into()))
    }
}

/// A list in the making.
struct Parts(Vec<Value>);

macro_rules! parts {
    ($($trait:ident $method:ident),*) => {
        $(impl ser::$trait for Parts {
            type Ok = Value;
            type Error = Unknown;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unknown> {
                self.0.push(value.serialize(ToValue)?);
                Ok(())
            }
            fn end(self) -> Made {
                Ok(Value::List(self.0))
            }
        })*
    };
}

parts!(SerializeSeq serialize_element, SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field);

/// A record in the making.
struct Fields(Vec<(&'static str, Value)>);

impl ser::SerializeStruct for Fields {
    type Ok = Value;
    type Error = Unknown;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unknown> {
        self.0.push((name, value.serialize(ToValue)?));
        Ok(())
    }
    fn end(self) -> Made {
        Ok(Value::Record(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::Value;
    use scene::Facts;
    use scene::facts::MachineFacts;

    #[test]
    fn facts_become_records_under_their_own_names() {
        let machine = MachineFacts {
            id: "pc".into(),
            moment: u64::MAX,
            ..MachineFacts::default()
        };
        let value = Value::of(&Facts {
            machine: vec![machine],
        });
        let Some(Value::List(machines)) = value.field("machine") else {
            panic!("{value:?}");
        };
        assert_eq!(machines[0].field("id"), Some(&Value::Text("pc".into())));
        assert_eq!(
            machines[0].field("moment"),
            Some(&Value::Int(u64::MAX.into()))
        );
        assert_eq!(machines[0].field("kernel"), Some(&Value::Nothing));
    }
}
