//! Samples along one axis: low-pass, cubic B-spline, nearest.
//!
//! Equal to `skimage.transform.resize(order=3, mode='edge', anti_aliasing=False)`, which is separable: each axis is continued by
//! twelve copies of its end samples, prefiltered with the pole `sqrt(3) - 2` (half-sample symmetric ends; Unser 1993, IEEE Trans
//! Signal Process 41:821), and sampled with the four weights of the cubic B-spline.

use super::placement::position;

/// Copies of the end samples on either side, as scipy's.
const PAD: usize = 12;

/// Pole of the cubic B-spline's prefilter.
const POLE: f32 = -0.267_949_2;

/// Powers of the pole beyond this one vanish in `f32`.
const POLE_REACH: usize = 24;

/// Full width at half maximum of a Gaussian in standard deviations, `2 * sqrt(2 * ln 2)`, as the model card rounds it.
const FWHM: f64 = 2.355;

/// What is done along one axis.
#[derive(Debug)]
pub(super) struct Sampling {
    before: usize,
    reversed: bool,
    /// One side of the low-pass kernel from its centre on; empty: no low-pass.
    low_pass: Vec<f32>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// As many samples as before, untouched.
    Same,
    /// The nearest sample, by index among those before.
    Nearest(Vec<usize>),
    /// First of four rows of the padded axis, and their weights.
    Cubic(Vec<(usize, [f32; 4])>),
}

/// Room for one block of lines, used again and again.
#[derive(Debug, Default)]
pub(super) struct Room {
    block: Vec<f32>,
    spare: Vec<f32>,
    line: Vec<f32>,
}

impl Sampling {
    /// Cubic, from `before` samples to `after`, in reversed order where asked.
    pub fn cubic(before: usize, after: usize, reversed: bool) -> Sampling {
        let padded = before + 2 * PAD;
        let tap = |i: usize| {
            let x = position(i, before as f64, after) + PAD as f64;
            let first = x.floor() as usize - 1;
            let mut weights = weights(x - x.floor());
            if !reversed {
                return (first, weights);
            }
            weights.reverse();
            (padded - 4 - first, weights)
        };
        let kind = if before == after { Kind::Same } else { Kind::Cubic((0..after).map(tap).collect()) };
        Sampling { before, reversed, low_pass: Vec::new(), kind }
    }

    /// The nearest sample; of two equally near ones the later, as `scipy.ndimage.map_coordinates(order=0, mode='nearest')`.
    pub fn nearest(before: usize, after: usize, reversed: bool) -> Sampling {
        let tap = |i: usize| {
            let index = nearest(i, before, after);
            if reversed { before - 1 - index } else { index }
        };
        let kind = if before == after { Kind::Same } else { Kind::Nearest((0..after).map(tap).collect()) };
        Sampling { before, reversed, low_pass: Vec::new(), kind }
    }

    /// With a Gaussian before it, where voxels grow from `spacing` to `target`: a voxel is taken for a Gaussian as wide at half
    /// maximum as the voxel, and widths of successive Gaussians add in squares, so that
    /// `sigma^2 = (target / 2.355)^2 - (spacing / 2.355)^2`. Cut off at 4 sigma, ends continued by the end samples.
    pub fn with_low_pass(self, spacing: f64, target: f64) -> Sampling {
        let variance = (target / FWHM).powi(2) - (spacing / FWHM).powi(2);
        let sigma = variance.max(0.0).sqrt() / spacing;
        let reach = (4.0 * sigma + 0.5) as usize;
        if reach == 0 {
            return self;
        }
        let bell: Vec<f64> = (0..=reach).map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp()).collect();
        let sum = 2.0 * bell.iter().sum::<f64>() - bell[0];
        Sampling { low_pass: bell.iter().map(|weight| (weight / sum) as f32).collect(), ..self }
    }

    /// Whether samples stay what and as many as they are, but for their order.
    pub fn is_identity(&self) -> bool {
        matches!(self.kind, Kind::Same) && self.low_pass.is_empty()
    }

    /// Number of samples after.
    pub fn after(&self) -> usize {
        match &self.kind {
            Kind::Same => self.before,
            Kind::Nearest(taps) => taps.len(),
            Kind::Cubic(taps) => taps.len(),
        }
    }

    /// For each sample after, the one before that it is or is nearest to.
    pub fn sources(&self) -> Vec<usize> {
        match &self.kind {
            Kind::Nearest(taps) => taps.clone(),
            _ => (0..self.after())
                .map(|i| nearest(i, self.before, self.after()))
                .map(|index| if self.reversed { self.before - 1 - index } else { index })
                .collect(),
        }
    }

    /// Samples `width` lines at once: `fill` writes the values that all lines have at one place before, `take` is given those at one
    /// place after.
    pub fn run(&self, width: usize, room: &mut Room, fill: impl Fn(usize, &mut [f32]), mut take: impl FnMut(usize, &[f32])) {
        let Room { block, spare, line } = room;
        block.resize((self.before + 2 * PAD) * width, 0.0);
        let body = PAD * width..(PAD + self.before) * width;
        block[body.clone()].chunks_exact_mut(width).enumerate().for_each(|(i, row)| fill(i, row));
        if !self.low_pass.is_empty() {
            spare.resize(self.before * width, 0.0);
            spare.copy_from_slice(&block[body.clone()]);
            self.blur(spare, &mut block[body], width);
        }
        let row = |i: usize| &block[(PAD + i) * width..(PAD + i + 1) * width];
        match &self.kind {
            Kind::Same => (0..self.before).for_each(|i| take(i, row(if self.reversed { self.before - 1 - i } else { i }))),
            Kind::Nearest(taps) => taps.iter().enumerate().for_each(|(i, tap)| take(i, row(*tap))),
            Kind::Cubic(taps) => {
                continue_ends(block, width);
                prefilter(block, width);
                line.resize(width, 0.0);
                for (i, (first, weights)) in taps.iter().enumerate() {
                    combine(&block[first * width..(first + 4) * width], weights, line);
                    take(i, line);
                }
            }
        }
    }

    fn blur(&self, from: &[f32], to: &mut [f32], width: usize) {
        let row = |i: i64| {
            let i = i.clamp(0, self.before as i64 - 1) as usize;
            &from[i * width..(i + 1) * width]
        };
        for (i, out) in to.chunks_exact_mut(width).enumerate() {
            let i = i as i64;
            out.iter_mut().zip(row(i)).for_each(|(out, value)| *out = self.low_pass[0] * value);
            for (distance, weight) in (1..).zip(&self.low_pass[1..]) {
                let pairs = row(i - distance).iter().zip(row(i + distance));
                out.iter_mut().zip(pairs).for_each(|(out, (a, b))| *out += weight * (a + b));
            }
        }
    }
}

/// The sample before that is nearest to sample `i` after; the later of two.
pub(in crate::segmentation::model) fn nearest(i: usize, before: usize, after: usize) -> usize {
    let x = position(i, before as f64, after).clamp(0.0, before as f64 - 1.0);
    ((x + 0.5).floor() as usize).min(before - 1)
}

/// The cubic B-spline at the distances `t + 1, t, 1 - t, 2 - t`.
fn weights(t: f64) -> [f32; 4] {
    let outer = |d: f64| (2.0 - d).powi(3) / 6.0;
    let inner = |d: f64| 2.0 / 3.0 - d * d + d * d * d / 2.0;
    [outer(t + 1.0), inner(t), inner(1.0 - t), outer(2.0 - t)].map(|weight| weight as f32)
}

fn combine(rows: &[f32], [a, b, c, d]: &[f32; 4], line: &mut [f32]) {
    let width = line.len();
    let (first, rest) = rows.split_at(width);
    let (second, rest) = rest.split_at(width);
    let (third, fourth) = rest.split_at(width);
    for (i, out) in line.iter_mut().enumerate() {
        *out = a * first[i] + b * second[i] + c * third[i] + d * fourth[i];
    }
}

fn continue_ends(block: &mut [f32], width: usize) {
    let end = block.len() - PAD * width;
    for i in 0..PAD {
        block.copy_within(PAD * width..(PAD + 1) * width, i * width);
        block.copy_within(end - width..end, end + i * width);
    }
}

/// Samples to B-spline coefficients along the rows of `block`, all columns at once.
fn prefilter(block: &mut [f32], width: usize) {
    let rows = block.len() / width;
    let gain = (1.0 - POLE) * (1.0 - 1.0 / POLE);
    block.iter_mut().for_each(|value| *value *= gain);
    let mut start = vec![0.0_f32; width];
    let mut power = POLE;
    for row in block.chunks_exact(width).take(POLE_REACH) {
        start.iter_mut().zip(row).for_each(|(sum, value)| *sum += power * value);
        power *= POLE;
    }
    block.iter_mut().zip(&start).for_each(|(value, sum)| *value += sum);
    for i in 1..rows {
        let (done, rest) = block.split_at_mut(i * width);
        let before = &done[(i - 1) * width..];
        rest[..width].iter_mut().zip(before).for_each(|(value, before)| *value += POLE * before);
    }
    let last = (rows - 1) * width;
    block[last..].iter_mut().for_each(|value| *value *= POLE / (POLE - 1.0));
    for i in (0..rows - 1).rev() {
        let (rest, done) = block.split_at_mut((i + 1) * width);
        let here = &mut rest[i * width..];
        here.iter_mut().zip(&done[..width]).for_each(|(value, after)| *value = POLE * (after - *value));
    }
}
