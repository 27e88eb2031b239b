//! The parts of an ONNX file that are read or changed, as `onnx.proto` numbers them. What only passes through stays encoded.

use prost::Message;

/// `TensorProto.DataType`.
const FLOAT: i32 = 1;
const INT64: i32 = 7;
/// `AttributeProto.AttributeType`.
const INTEGER: i32 = 2;
const INTEGERS: i32 = 7;
const GRAPH: i32 = 5;
const GRAPHS: i32 = 10;

#[derive(Clone, PartialEq, Message)]
pub(super) struct Model {
    #[prost(int64, optional, tag = "1")]
    pub ir_version: Option<i64>,
    #[prost(string, optional, tag = "2")]
    pub producer_name: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub producer_version: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub domain: Option<String>,
    #[prost(int64, optional, tag = "5")]
    pub model_version: Option<i64>,
    #[prost(string, optional, tag = "6")]
    pub doc_string: Option<String>,
    #[prost(message, optional, tag = "7")]
    pub graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<OperatorSet>,
    #[prost(bytes = "vec", repeated, tag = "14")]
    pub metadata: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct OperatorSet {
    #[prost(string, optional, tag = "1")]
    pub domain: Option<String>,
    #[prost(int64, optional, tag = "2")]
    pub version: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub nodes: Vec<Node>,
    #[prost(string, optional, tag = "2")]
    pub name: Option<String>,
    /// Each a [`Tensor`].
    #[prost(bytes = "vec", repeated, tag = "5")]
    pub initializers: Vec<Vec<u8>>,
    #[prost(string, optional, tag = "10")]
    pub doc_string: Option<String>,
    #[prost(message, repeated, tag = "11")]
    pub inputs: Vec<Value>,
    #[prost(message, repeated, tag = "12")]
    pub outputs: Vec<Value>,
    #[prost(message, repeated, tag = "13")]
    pub values: Vec<Value>,
    #[prost(bytes = "vec", repeated, tag = "16")]
    pub metadata: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Node {
    #[prost(string, repeated, tag = "1")]
    pub inputs: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub outputs: Vec<String>,
    #[prost(string, optional, tag = "3")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub op_type: Option<String>,
    /// Each an [`Attribute`].
    #[prost(bytes = "vec", repeated, tag = "5")]
    pub attributes: Vec<Vec<u8>>,
    #[prost(string, optional, tag = "6")]
    pub doc_string: Option<String>,
    #[prost(string, optional, tag = "7")]
    pub domain: Option<String>,
    #[prost(bytes = "vec", repeated, tag = "9")]
    pub metadata: Vec<Vec<u8>>,
}

impl Node {
    /// Its operator, where that is one of ONNX itself.
    pub fn operator(&self) -> Option<&str> {
        self.op_type.as_deref().filter(|_| self.domain.as_deref().unwrap_or_default().is_empty())
    }

    /// Its first output.
    pub fn output(&self) -> Option<&String> {
        self.outputs.first()
    }

    /// Whether it runs nodes of its own, such as a loop.
    pub fn holds_graph(&self) -> bool {
        self.attributes().any(|attribute| matches!(attribute.kind, Some(GRAPH | GRAPHS)))
    }

    /// Whether what it gives has other elements than the inputs of our networks.
    pub fn leaves_f32(&self) -> bool {
        self.operator() == Some("Cast") && self.integers("to") != Some(vec![i64::from(FLOAT)])
    }

    /// An attribute that is whole numbers, or one.
    pub fn integers(&self, name: &str) -> Option<Vec<i64>> {
        let found = self.attributes().find(|attribute| attribute.name.as_deref() == Some(name))?;
        Some(found.integer.into_iter().chain(found.integers).collect())
    }

    pub fn text(&self, name: &str) -> Option<Vec<u8>> {
        self.attributes().find(|attribute| attribute.name.as_deref() == Some(name))?.text
    }

    fn attributes(&self) -> impl Iterator<Item = Attribute> {
        self.attributes.iter().filter_map(|encoded| Attribute::decode(&**encoded).ok())
    }
}

/// What is read of an attribute.
#[derive(Clone, PartialEq, Message)]
struct Attribute {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(int64, optional, tag = "3")]
    integer: Option<i64>,
    #[prost(bytes = "vec", optional, tag = "4")]
    text: Option<Vec<u8>>,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    integers: Vec<i64>,
    #[prost(int32, optional, tag = "20")]
    kind: Option<i32>,
}

/// An encoded attribute of whole numbers.
pub(super) fn integers(name: &str, values: &[i64]) -> Vec<u8> {
    let attribute =
        Attribute { name: Some(name.to_owned()), integers: values.to_vec(), kind: Some(INTEGERS), ..Attribute::default() };
    attribute.encode_to_vec()
}

/// An encoded attribute of one whole number.
pub(super) fn integer(name: &str, value: i64) -> Vec<u8> {
    let attribute =
        Attribute { name: Some(name.to_owned()), integer: Some(value), kind: Some(INTEGER), ..Attribute::default() };
    attribute.encode_to_vec()
}

/// What is read of a tensor.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Tensor {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    pub extents: Vec<i64>,
    #[prost(int32, optional, tag = "2")]
    kind: Option<i32>,
    #[prost(int64, repeated, tag = "7")]
    integers: Vec<i64>,
    #[prost(string, optional, tag = "8")]
    pub name: Option<String>,
    #[prost(bytes = "vec", optional, tag = "9")]
    bytes: Option<Vec<u8>>,
}

impl Tensor {
    /// A vector of whole numbers; without extents a single one.
    pub fn of(name: &str, extents: &[i64], values: &[i64]) -> Tensor {
        Tensor {
            extents: extents.to_vec(),
            kind: Some(INT64),
            integers: values.to_vec(),
            name: Some(name.to_owned()),
            bytes: None,
        }
    }

    /// Its values, where they are whole numbers of 64 bits.
    pub fn integers(&self) -> Option<Vec<i64>> {
        let packed = self.bytes.as_deref().unwrap_or_default().as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes));
        (self.kind == Some(INT64)).then(|| self.integers.iter().copied().chain(packed).collect())
    }
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Value {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(message, optional, tag = "2")]
    pub kind: Option<Kind>,
    #[prost(string, optional, tag = "3")]
    pub doc_string: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Kind {
    #[prost(message, optional, tag = "1")]
    pub tensor: Option<TensorKind>,
    #[prost(string, optional, tag = "6")]
    pub denotation: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TensorKind {
    #[prost(int32, optional, tag = "1")]
    pub elements: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<Extents>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Extents {
    #[prost(message, repeated, tag = "1")]
    pub extents: Vec<Extent>,
}

/// A number, a name, or neither where it is open.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Extent {
    #[prost(int64, optional, tag = "1")]
    pub number: Option<i64>,
    #[prost(string, optional, tag = "2")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub denotation: Option<String>,
}

impl Value {
    /// A tensor of `f32` whose first extent is only named.
    pub fn open(name: &str, first: String, others: &[usize]) -> Value {
        let others = others.iter().map(|extent| Extent { number: i64::try_from(*extent).ok(), ..Extent::default() });
        let extents = std::iter::once(Extent { name: Some(first), ..Extent::default() }).chain(others).collect();
        let tensor = TensorKind { elements: Some(FLOAT), shape: Some(Extents { extents }) };
        Value { name: Some(name.to_owned()), kind: Some(Kind { tensor: Some(tensor), ..Kind::default() }), doc_string: None }
    }

    /// Its extents, as far as they are declared.
    pub fn extents(&self) -> Option<&[Extent]> {
        Some(&self.kind.as_ref()?.tensor.as_ref()?.shape.as_ref()?.extents)
    }

    /// [`Value::extents`].
    pub fn extents_mut(&mut self) -> Option<&mut Vec<Extent>> {
        Some(&mut self.kind.as_mut()?.tensor.as_mut()?.shape.as_mut()?.extents)
    }
}
