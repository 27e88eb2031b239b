//! Extents of a network's tensors, as far as they follow from those of its inputs through the operators of convolutional networks.

use super::onnx::{Graph, Node, Tensor};
use prost::Message;
use std::collections::BTreeMap;

/// Extents, `[batch, channel, ...]` of what depends on the image.
pub(super) type Shape = Vec<usize>;

/// Nothing that a file declares is longer, and no tensor larger; within these limits sizes in bytes fit into 64 bits, whatever it says.
const LONGEST: usize = 1 << 20;
const LARGEST: usize = 1 << 40;

/// The constants of a network by name, without their values.
pub(super) struct Constants {
    shapes: BTreeMap<String, Shape>,
    integers: BTreeMap<String, Vec<i64>>,
}

impl Constants {
    pub fn of(graph: &Graph) -> Constants {
        let mut constants = Constants { shapes: BTreeMap::new(), integers: BTreeMap::new() };
        let tensors = graph.initializers.iter().filter_map(|encoded| Tensor::decode(&**encoded).ok());
        for tensor in tensors {
            let (Some(name), Some(shape)) = (tensor.name.clone(), shape(&tensor.extents)) else { continue };
            constants.integers.extend(tensor.integers().map(|values| (name.clone(), values)));
            constants.shapes.insert(name, shape);
        }
        // Weights of half precision are made whole by a node.
        for node in graph.nodes.iter().filter(|node| node.operator() == Some("Cast")) {
            let from = node.inputs.first().and_then(|input| constants.shapes.get(input)).cloned();
            constants.shapes.extend(node.output().cloned().zip(from));
        }
        constants
    }

    /// Of a constant.
    pub fn shape(&self, name: &str) -> Option<&Shape> {
        self.shapes.get(name)
    }
}

/// Shapes of all tensors for which they are known, from those of the inputs.
pub(super) fn shapes(graph: &Graph, constants: &Constants, inputs: BTreeMap<String, Shape>) -> BTreeMap<String, Shape> {
    let fits = |shape: &Shape| size(shape).is_some_and(|size| (1..=LARGEST).contains(&size));
    let mut known = inputs;
    known.retain(|_, shape| fits(shape));
    known.extend(constants.shapes.clone());
    for node in &graph.nodes {
        let found = output(node, &known, constants).filter(fits);
        known.extend(node.output().cloned().zip(found));
    }
    known
}

fn output(node: &Node, known: &BTreeMap<String, Shape>, constants: &Constants) -> Option<Shape> {
    let input = |place: usize| known.get(node.inputs.get(place)?);
    match node.operator()? {
        "Cast" | "InstanceNormalization" | "LeakyRelu" | "Relu" => input(0).cloned(),
        "Add" | "Mul" => broadcast(input(0)?, input(1)?),
        "Conv" => {
            let (input, weights) = (input(0)?, input(1)?);
            let mut shape = vec![*input.first()?, *weights.first()?];
            shape.extend(windows(node, input.get(2..)?, weights.get(2..)?)?);
            Some(shape)
        }
        "MaxPool" if node.integers("ceil_mode").is_none_or(|mode| mode == [0]) => {
            let (input, kernel) = (input(0)?, shape(&node.integers("kernel_shape")?)?);
            let mut shape = input.get(..2)?.to_vec();
            shape.extend(windows(node, input.get(2..)?, &kernel)?);
            Some(shape)
        }
        "Reshape" if node.integers("allowzero").is_none_or(|allowed| allowed == [0]) => {
            reshaped(input(0)?, constants.integers.get(node.inputs.get(1)?)?)
        }
        "Transpose" => {
            let input = input(0)?;
            shape(&node.integers("perm")?)?.into_iter().map(|axis| input.get(axis).copied()).collect()
        }
        _ => None,
    }
}

/// Numbers of places of a window along each axis.
fn windows(node: &Node, extents: &[usize], kernel: &[usize]) -> Option<Shape> {
    let rank = extents.len();
    let padded_by_rule = node.text("auto_pad").is_some_and(|rule| rule != b"NOTSET");
    if padded_by_rule || kernel.len() != rank {
        return None;
    }
    let per_axis = |name, usual: usize, length| match node.integers(name) {
        None => Some(vec![usual; length]),
        Some(values) => shape(&values).filter(|values| values.len() == length),
    };
    let (steps, dilations, pads) =
        (per_axis("strides", 1, rank)?, per_axis("dilations", 1, rank)?, per_axis("pads", 0, 2 * rank)?);
    let places = |axis: usize| {
        let reach = dilations[axis] * kernel[axis].checked_sub(1)? + 1;
        let free = (extents[axis] + pads[axis] + pads[rank + axis]).checked_sub(reach)?;
        Some(free.checked_div(steps[axis])? + 1)
    };
    (0..rank).map(places).collect()
}

fn broadcast(one: &Shape, other: &Shape) -> Option<Shape> {
    let extents = one.iter().zip(other).map(|(one, other)| match (*one, *other) {
        (one, other) if one == other || other == 1 => Some(one),
        (1, other) => Some(other),
        _ => None,
    });
    extents.collect::<Option<Shape>>().filter(|shape| shape.len() == one.len() && shape.len() == other.len())
}

/// 0 takes an extent over, -1 is what is left.
fn reshaped(from: &Shape, to: &[i64]) -> Option<Shape> {
    let taken = |(place, extent): (usize, &i64)| match *extent {
        0 => from.get(place).copied(),
        -1 => Some(1),
        extent => usize::try_from(extent).ok(),
    };
    let mut shape = to.iter().enumerate().map(taken).collect::<Option<Shape>>()?;
    let rest = size(from)?.checked_div(size(&shape)?)?;
    match to.iter().position(|extent| *extent == -1) {
        Some(open) => shape[open] = rest,
        None if rest != 1 => return None,
        None => (),
    }
    (size(&shape)? == size(from)?).then_some(shape)
}

fn size(shape: &Shape) -> Option<usize> {
    shape.iter().try_fold(1, |size: usize, extent| size.checked_mul(*extent))
}

/// None where an extent cannot be one.
pub(super) fn shape(extents: &[i64]) -> Option<Shape> {
    extents.iter().map(|extent| usize::try_from(*extent).ok().filter(|extent| *extent <= LONGEST)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::onnx::{integer, integers};
    use super::*;

    fn node(operator: &str, attributes: Vec<Vec<u8>>) -> Node {
        Node { op_type: Some(operator.to_owned()), attributes, inputs: vec!["x".into(), "y".into()], ..Node::default() }
    }

    fn of(node: &Node, x: &[usize], y: &[usize]) -> Option<Shape> {
        let known = [("x".to_owned(), x.to_vec()), ("y".to_owned(), y.to_vec())].into();
        let graph = Graph { initializers: vec![Tensor::of("y", &[3], &[0, -1, 6]).encode_to_vec()], ..Graph::default() };
        output(node, &known, &Constants::of(&graph))
    }

    #[test]
    fn shapes_are_those_of_onnx() {
        let strided = node("Conv", vec![integers("strides", &[2, 1]), integers("pads", &[1, 0, 1, 0])]);
        assert_eq!(of(&strided, &[1, 4, 9, 8], &[16, 4, 3, 3]), Some(vec![1, 16, 5, 6]));
        assert_eq!(of(&node("MaxPool", vec![integers("kernel_shape", &[2, 2])]), &[1, 4, 9, 8], &[]), Some(vec![1, 4, 8, 7]));
        let rounded_up = vec![integers("kernel_shape", &[2, 2]), integer("ceil_mode", 1)];
        assert_eq!(of(&node("MaxPool", rounded_up), &[1, 4, 9, 8], &[]), None);
        assert_eq!(of(&node("Mul", vec![]), &[1, 4, 9, 8], &[1, 4, 1, 1]), Some(vec![1, 4, 9, 8]));
        assert_eq!(of(&node("Add", vec![]), &[1, 4, 9, 8], &[1, 4, 2, 1]), None);
        assert_eq!(of(&node("Reshape", vec![]), &[2, 3, 4, 6], &[]), Some(vec![2, 12, 6]));
        assert_eq!(of(&node("Transpose", vec![integers("perm", &[2, 0, 1])]), &[2, 3, 4], &[]), Some(vec![4, 2, 3]));
        assert_eq!(of(&node("Unheard", vec![]), &[2, 3, 4], &[]), None);
    }

    #[test]
    fn extents_that_cannot_be_are_no_shape() {
        assert_eq!(shape(&[1, i64::MAX]), None);
        assert_eq!(shape(&[-1]), None);
        assert_eq!(of(&node("Conv", vec![integers("strides", &[0, 1])]), &[1, 4, 9, 8], &[16, 4, 3, 3]), None);
        assert_eq!(of(&node("Conv", vec![]), &[1, 4, 2, 2], &[16, 4, 3, 3]), None);
        assert_eq!(of(&node("Conv", vec![integers("pads", &[1])]), &[1, 4, 9, 8], &[16, 4, 3, 3]), None);
        assert_eq!(of(&node("Reshape", vec![]), &[5, 7], &[]), None);
        assert_eq!(of(&node("Transpose", vec![integers("perm", &[3])]), &[2, 3, 4], &[]), None);
        let line = Tensor::of("y", &[1], &[-1]).encode_to_vec();
        let long = Node { outputs: vec!["z".into()], ..node("Reshape", vec![]) };
        let graph = Graph { nodes: vec![long], initializers: vec![line], ..Graph::default() };
        let known = |x: Shape| shapes(&graph, &Constants::of(&graph), [("x".to_owned(), x)].into());
        assert_eq!(known(vec![2, LARGEST / 2]).get("z"), Some(&vec![LARGEST]));
        for x in [vec![2, LARGEST], vec![2, usize::MAX], vec![2, 0]] {
            assert!(!known(x.clone()).contains_key("x") && !known(x).contains_key("z"));
        }
    }
}
