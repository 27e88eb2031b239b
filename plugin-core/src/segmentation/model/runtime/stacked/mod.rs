//! A network as ONNX Runtime is quick at it: convolutions of volumes as convolutions of images.
//!
//! ONNX Runtime 1.28 has blocked kernels for two-dimensional convolutions and none for three. A 3 x 3 x 3 convolution is the sum of three of
//! 3 x 3: let the planes of a volume stand one below the other in one image, with an empty row after each. A row and the same row of the
//! planes before and after are then `rows + 1` apart, and a kernel over depth and columns is one over rows with that dilation. There is one
//! for each of the three rows of the kernel, moved by a row; the empty row is the padding between planes. The library adds as it convolves.
//!
//! Memory. The image is a copy, so it is made of a few planes at a time, each time with one more on either side. And since the library
//! keeps the memory of a tensor for the next of that shape, until the last of them, what each layer gives to a normalisation is given a first
//! extent that only has a name, another one each time: its memory then goes back as soon as it was read.
//!
//! The same sums in another order: the scores differ in the sixth digit. OpenVINO has kernels for volumes and is slower with images.

mod onnx;
mod shapes;

use onnx::{Graph, Model, Node, Tensor, Value, integer, integers};
use prost::Message;
use shapes::{Constants, Shape, shapes};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Of one image. With 18 MB a program is up to a twentieth quicker and needs 100 MB more.
pub(super) const IMAGE_BYTES: usize = 13_000_000;

/// Fewer planes are not worth the two that are convolved for them again.
const LEAST_PLANES: usize = 8;

/// Channels of one block in the kernels of the library, which compute up to four blocks at a time.
const BLOCK: usize = 16;

/// The first version of ONNX in which `Pad` takes numbers of planes as an input.
const OPERATORS: i64 = 11;

/// The network of `bytes` with convolutions of images of at most `image_bytes`; none where it has no convolution that would gain by it,
/// where it is not understood as a whole, or where its inputs are not `inputs`.
pub(super) fn stacked<'a>(
    bytes: &[u8],
    inputs: impl Iterator<Item = (&'a str, &'a [usize])>,
    image_bytes: usize,
) -> Option<Vec<u8>> {
    let mut model = Model::decode(bytes).ok()?;
    let is_whole = model.encoded_len() == bytes.len();
    let operators = model.opset_import.iter().find(|set| set.domain.as_deref().unwrap_or_default().is_empty())?;
    let is_simple = |node: &Node| !node.holds_graph() && !node.leaves_f32();
    let graph = model.graph.as_mut().filter(|graph| is_whole && graph.nodes.iter().all(is_simple))?;
    let inputs: BTreeMap<String, Shape> = inputs.map(|(name, shape)| (name.to_owned(), shape.to_vec())).collect();
    if operators.version? < OPERATORS || !graph.inputs.iter().all(|input| is_promised(input, &inputs)) {
        return None;
    }
    let constants = Constants::of(graph);
    let shapes = shapes(graph, &constants, inputs);
    let layers = layers(graph, &constants, &shapes);
    if layers.is_empty() {
        return None;
    }
    Rewriting::new(&shapes, image_bytes).rewrite(graph, &layers)?;
    Some(model.encode_to_vec())
}

/// Whether what the file declares of an input is what is promised.
fn is_promised(input: &Value, promised: &BTreeMap<String, Shape>) -> bool {
    let Some(shape) = input.name.as_ref().and_then(|name| promised.get(name)) else { return false };
    let Some(declared) = input.extents() else { return true };
    let same = |(declared, promised): (&onnx::Extent, &usize)| {
        declared.number.is_none_or(|number| usize::try_from(number) == Ok(*promised))
    };
    declared.len() == shape.len() && declared.iter().zip(shape).all(same)
}

/// Convolutions that are summed, by the output of the sum.
type Layers = BTreeMap<String, Vec<Node>>;

/// Those that gain by it.
fn layers(graph: &Graph, constants: &Constants, shapes: &BTreeMap<String, Shape>) -> Layers {
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    let outputs = graph.outputs.iter().filter_map(|output| output.name.as_deref());
    for name in graph.nodes.iter().flat_map(|node| &node.inputs).map(String::as_str).chain(outputs) {
        *uses.entry(name).or_default() += 1;
    }
    let gains = graph.nodes.iter().filter(|node| is_layer(node, constants, shapes));
    let mut layers: Layers = gains.filter_map(|node| Some((node.output()?.clone(), vec![node.clone()]))).collect();
    for sum in graph.nodes.iter().filter(|node| node.operator() == Some("Add")) {
        let Some(output) = sum.output() else { continue };
        let alone = |name: &String| {
            let is_one = layers.get(name).is_some_and(|parts| parts.len() == 1);
            is_one && uses.get(name.as_str()) == Some(&1) && shapes.get(name) == shapes.get(output)
        };
        if sum.inputs.iter().all(alone) {
            let parts = sum.inputs.iter().filter_map(|input| layers.remove(input)).flatten().collect();
            layers.insert(output.clone(), parts);
        }
    }
    layers
}

/// Whether it is a convolution of 3 x 3 x 3 places, one by one, to a volume of the same size, with whole blocks of channels, and as many to
/// compute as go well together: with 96 or 160 nothing was gained.
fn is_layer(node: &Node, constants: &Constants, shapes: &BTreeMap<String, Shape>) -> bool {
    let [Some(input), Some(weights)] = [0, 1].map(|place| node.inputs.get(place)) else { return false };
    let is = |name, usual: &[i64]| node.integers(name).is_none_or(|values| values == usual);
    let together = |channels: usize| channels == BLOCK || channels == 2 * BLOCK || channels.is_multiple_of(4 * BLOCK);
    let blocks = |weights: &Shape| matches!(weights[..], [to, from, 3, 3, 3] if together(to) && from.is_multiple_of(BLOCK));
    node.operator() == Some("Conv")
        && constants.shape(weights).is_some_and(blocks)
        && shapes.get(input).is_some_and(|shape| shape.len() == 5 && shape[0] == 1)
        // Of one that pads by a rule of its own it is not known.
        && node.output().is_some_and(|output| shapes.contains_key(output))
        && node.integers("pads").is_some_and(|pads| pads == [1; 6])
        && [is("group", &[1]), is("strides", &[1; 3]), is("dilations", &[1; 3])].iter().all(|usual| *usual)
}

/// A graph while it is written anew.
struct Rewriting<'a> {
    shapes: &'a BTreeMap<String, Shape>,
    image_bytes: usize,
    nodes: Vec<Node>,
    initializers: Vec<Vec<u8>>,
    known_numbers: BTreeSet<String>,
    /// Weights that were divided, by their names.
    rows: BTreeMap<String, [String; 3]>,
}

impl<'a> Rewriting<'a> {
    fn new(shapes: &'a BTreeMap<String, Shape>, image_bytes: usize) -> Rewriting<'a> {
        let (nodes, initializers, known_numbers, rows) = Default::default();
        Rewriting { shapes, image_bytes, nodes, initializers, known_numbers, rows }
    }

    fn rewrite(mut self, graph: &mut Graph, layers: &Layers) -> Option<()> {
        let is_normalisation = |node: &&Node| node.operator() == Some("InstanceNormalization");
        let normalised: BTreeSet<String> =
            graph.nodes.iter().filter(is_normalisation).filter_map(|node| node.inputs.first().cloned()).collect();
        let parts: BTreeSet<&String> = layers.values().flatten().filter_map(Node::output).collect();
        let mut values = Vec::new();
        for node in std::mem::take(&mut graph.nodes) {
            let Some(output) = node.output().cloned() else { continue };
            match layers.get(&output) {
                Some(layer) => self.layer(layer, &output)?,
                None if parts.contains(&output) => continue,
                None => self.nodes.push(node),
            }
            if normalised.contains(&output)
                && let Some([_, others @ ..]) = self.shapes.get(&output).map(|shape| &shape[..])
            {
                self.open(&output, others);
                values.push(Value::open(&output, format!("{output}{MARK}batch"), others));
            }
        }
        graph.nodes = self.nodes;
        graph.initializers.extend(self.initializers);
        graph.values = values;
        graph.inputs.iter_mut().chain(&mut graph.outputs).for_each(open_first);
        Some(())
    }

    /// Volumes that give the layer's sum under its name, a few planes at a time.
    fn layer(&mut self, layer: &[Node], name: &str) -> Option<()> {
        let shape = self.shapes.get(name)?;
        let [_, channels, planes, rows, columns] = shape[..] else { return None };
        let widest = layer.iter().filter_map(|part| self.shapes.get(part.inputs.first()?)).map(|shape| shape[1]).max()?;
        let plane_bytes = size_of::<f32>() * widest.max(channels) * (rows + 1) * columns;
        let most = (self.image_bytes / plane_bytes.max(1)).max(LEAST_PLANES);
        let step = planes.div_ceil(planes.div_ceil(most).max(1)).max(1);
        let mut slabs = Vec::new();
        for start in (0..planes).step_by(step) {
            slabs.push(self.slab(layer, start..(start + step).min(planes), [channels, planes, rows, columns])?);
        }
        if slabs.len() > 1 {
            let slabs: Vec<&str> = slabs.iter().map(String::as_str).collect();
            self.add("Concat", &slabs, vec![integer("axis", 2)]);
        }
        self.rename(name);
        Some(())
    }

    /// Some planes of the layer's sum.
    fn slab(&mut self, layer: &[Node], wanted: Range<usize>, [channels, planes, rows, columns]: [usize; 4]) -> Option<String> {
        let read = wanted.start.saturating_sub(1)..(wanted.end + 1).min(planes);
        let pitch = rows + 1;
        let (first, behind) = (signed(read.start)?, signed(planes - read.end)?);
        let pads = self.numbers(&[0, 0, -first, 0, 0, 0, 0, -behind, 1, 0]);
        let mut sum: Option<String> = None;
        for part in layer {
            let [input, weights, bias @ ..] = &part.inputs[..] else { return None };
            let padded = self.add("Pad", &[input, &pads], vec![]);
            let inner = *self.shapes.get(input)?.get(1)?;
            let extents = self.numbers(&[0, signed(inner)?, signed(read.len() * pitch)?, signed(columns)?]);
            let image = self.add("Reshape", &[&padded, &extents], vec![]);
            for (row, weights) in self.rows(weights).iter().enumerate() {
                // Row 1 stays where it is, the others come from a row further up or down.
                let above = signed(pitch + 1 - row)?;
                let below = signed(pitch + row)? - 1;
                let attributes = vec![
                    integers("kernel_shape", &[3, 3]),
                    integers("dilations", &[signed(pitch)?, 1]),
                    integers("pads", &[above, 1, below, 1]),
                ];
                let bias = bias.iter().filter(|_| row == 0).map(String::as_str);
                let inputs: Vec<&str> = [&*image, weights].into_iter().chain(bias).collect();
                let one = self.add("Conv", &inputs, attributes);
                sum = Some(match sum {
                    Some(sum) => self.add("Add", &[&sum, &one], vec![]),
                    None => one,
                });
            }
        }
        let extents = [0, signed(channels)?, signed(read.len())?, signed(pitch)?, signed(columns)?];
        let extents = self.numbers(&extents);
        let volume = self.add("Reshape", &[&sum?, &extents], vec![]);
        let from = self.numbers(&[signed(wanted.start - read.start)?, 0]);
        let to = self.numbers(&[signed(wanted.end - read.start)?, signed(rows)?]);
        let axes = self.numbers(&[2, 3]);
        Some(self.add("Slice", &[&volume, &from, &to, &axes], vec![]))
    }

    /// The weights of the kernel's three rows: depth x columns.
    fn rows(&mut self, weights: &str) -> [String; 3] {
        if let Some(rows) = self.rows.get(weights) {
            return rows.clone();
        }
        let rows = [0, 1, 2].map(|row| {
            let number = self.number(row);
            self.add("Gather", &[weights, &number], vec![integer("axis", 3)])
        });
        self.rows.insert(weights.to_owned(), rows.clone());
        rows
    }

    /// Leaves the first extent of what was added last open.
    fn open(&mut self, name: &str, others: &[usize]) {
        let closed = format!("{name}{MARK}closed");
        self.rename(&closed);
        let extents: Vec<i64> = std::iter::once(-1).chain(others.iter().filter_map(|extent| signed(*extent))).collect();
        let extents = self.numbers(&extents);
        self.add("Reshape", &[&closed, &extents], vec![]);
        self.rename(name);
    }

    /// Adds a node, and gives its output a name.
    fn add(&mut self, operator: &str, inputs: &[&str], attributes: Vec<Vec<u8>>) -> String {
        let name = format!("{}{MARK}{operator}", self.nodes.len());
        self.nodes.push(Node {
            inputs: inputs.iter().map(|input| (*input).to_owned()).collect(),
            outputs: vec![name.clone()],
            name: Some(name.clone()),
            op_type: Some(operator.to_owned()),
            attributes,
            ..Node::default()
        });
        name
    }

    /// Names the first output of the node that was added last.
    fn rename(&mut self, name: &str) {
        if let Some(output) = self.nodes.last_mut().and_then(|node| node.outputs.first_mut()) {
            name.clone_into(output);
        }
    }

    fn numbers(&mut self, values: &[i64]) -> String {
        self.constant(&[values.len() as i64], values)
    }

    fn number(&mut self, value: i64) -> String {
        self.constant(&[], &[value])
    }

    fn constant(&mut self, extents: &[i64], values: &[i64]) -> String {
        let name = format!("{extents:?}{MARK}{values:?}");
        if self.known_numbers.insert(name.clone()) {
            self.initializers.push(Tensor::of(&name, extents, values).encode_to_vec());
        }
        name
    }
}

/// Stands in every name that is new here.
const MARK: &str = ".stacked.";

/// Names the first extent of a volume, where it is 1.
fn open_first(value: &mut Value) {
    let name = value.name.clone();
    let Some([first, _, places @ ..]) = value.extents_mut().map(Vec::as_mut_slice) else { return };
    // Masks have one place; what is multiplied by them keeps its own first extent.
    if first.number == Some(1) && places.iter().any(|extent| extent.number != Some(1)) {
        *first = onnx::Extent { name: name.map(|name| format!("{name}{MARK}batch")), ..onnx::Extent::default() };
    }
}

fn signed(extent: usize) -> Option<i64> {
    i64::try_from(extent).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: &[usize] = &[1, 1, 19, 5, 6];
    const MASK: &[usize] = &[1, 16, 1, 1, 1];

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/models/{name}.onnx", env!("CARGO_MANIFEST_DIR"))).expect("a committed network")
    }

    fn layers_on(bytes: &[u8], image: &[usize], image_bytes: usize) -> Option<Vec<u8>> {
        stacked(bytes, [("image", image), ("mask", MASK)].into_iter(), image_bytes)
    }

    /// Ranks of the kernels.
    fn kernels(bytes: &[u8]) -> Vec<Option<usize>> {
        let graph = Model::decode(bytes).expect("a network").graph.expect("a graph");
        let convolutions = graph.nodes.iter().filter(|node| node.operator() == Some("Conv"));
        convolutions.map(|node| node.integers("kernel_shape").map(|kernel| kernel.len())).collect()
    }

    #[test]
    fn each_slab_of_a_wide_layer_is_three_convolutions_of_images_for_each_part() {
        let whole = fixture("layers");
        let [one, many] = [IMAGE_BYTES, 1].map(|bytes| kernels(&layers_on(&whole, IMAGE, bytes).expect("wide layers")));
        let flat = |kernels: &[Option<usize>]| kernels.iter().filter(|rank| **rank == Some(2)).count();
        // Two layers, one of two parts, of 19 planes: in one slab, and in three of at most eight planes.
        assert_eq!([flat(&one), flat(&many)], [9, 27]);
        // The first layer, of one channel, and the last, of single voxels, stay.
        assert_eq!([one.len(), many.len()], [11, 29]);
    }

    #[test]
    fn a_network_that_computes_in_half_precision_stays() {
        let mut model = Model::decode(&*fixture("layers")).expect("a network");
        let nodes = &mut model.graph.as_mut().expect("a graph").nodes;
        let cast = nodes.iter_mut().find(|node| node.operator() == Some("Cast")).expect("weights of half precision");
        assert!(!cast.leaves_f32());
        // FLOAT16.
        cast.attributes = vec![integer("to", 10)];
        assert!(cast.leaves_f32());
        assert_eq!(layers_on(&model.encode_to_vec(), IMAGE, IMAGE_BYTES), None);
    }

    #[test]
    fn what_gains_nothing_or_is_not_understood_stays() {
        let whole = fixture("layers");
        assert_eq!(layers_on(&whole, &[1, 1, 19, 5, 7], IMAGE_BYTES), None, "another shape than the file declares");
        assert_eq!(stacked(&whole, [("image", IMAGE)].into_iter(), IMAGE_BYTES), None, "an input that is not promised");
        assert_eq!(layers_on(&whole[..whole.len() / 2], IMAGE, IMAGE_BYTES), None, "half a file");
        // Field 100, a whole number.
        assert_eq!(layers_on(&[&whole[..], &[0xa0, 0x06, 1]].concat(), IMAGE, IMAGE_BYTES), None, "a field of a later ONNX");
        assert_eq!(layers_on(&layers_on(&whole, IMAGE, 1).expect("wide layers"), IMAGE, 1), None, "a second time");
        assert_eq!(
            stacked(&fixture("plain"), [("image", &[1, 1, 4, 5, 6][..])].into_iter(), IMAGE_BYTES),
            None,
            "three channels"
        );
    }
}
