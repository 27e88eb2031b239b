//! Distance of every voxel to the surface of a mask, and Gaussian means of what is known near a surface.

use super::FAR_MM;
use super::field::Metric;
use ndarray::Array3;
use std::collections::VecDeque;

/// Standard deviation of the Gaussian that takes the voxel steps out of the surface, millimetres.
const SMOOTHING_MM: f32 = 1.0;

/// Offsets to the nearest voxel on the other side, found by handing them from neighbour to neighbour (Danielsson 1980,
/// doi 10.1016/0146-664X(80)90054-4), in any order until no offset becomes shorter.
struct Offsets<'a> {
    inside: &'a Array3<bool>,
    metric: &'a Metric,
    /// Square of the longest length that matters.
    limit: f32,
    nearest: Array3<[i16; 3]>,
    squared: Array3<f32>,
    waiting: VecDeque<[u32; 3]>,
}

/// Signed distance in millimetres to the surface of `inside`, negative inside, within plus and minus [`FAR_MM`], smoothed.
///
/// The surface runs half a voxel before the nearest voxel on the other side. None where voxels are so fine that an offset does
/// not fit 16 bits.
pub(super) fn signed_distance(inside: &Array3<bool>, metric: &Metric) -> Option<Array3<f32>> {
    if metric.extent_of_ball(FAR_MM).iter().any(|voxels| *voxels > 1000) {
        return None;
    }
    let mut offsets = Offsets {
        inside,
        metric,
        limit: (FAR_MM + (0..3).map(|axis| metric.spacing(axis)).fold(0.0, f32::max)).powi(2),
        nearest: Array3::from_elem(inside.raw_dim(), [0; 3]),
        squared: Array3::from_elem(inside.raw_dim(), f32::INFINITY),
        waiting: VecDeque::new(),
    };
    offsets.begin();
    offsets.spread();
    let Offsets { nearest, squared: mut distance, .. } = offsets;
    ndarray::Zip::from(&mut distance).and(&nearest).and(inside).for_each(|distance, offset, inside| {
        let to_surface = (distance.sqrt() - metric.half_voxel(offset.map(f32::from))).min(FAR_MM);
        *distance = if *inside { -to_surface } else { to_surface };
    });
    drop(nearest);
    let near = distance.mapv(|distance| distance.abs() < FAR_MM);
    Some(blur(&distance, &near, metric, SMOOTHING_MM))
}

impl Offsets<'_> {
    /// Voxels that share a face across the surface know each other.
    fn begin(&mut self) {
        for (place, side) in self.inside.indexed_iter() {
            let place: [usize; 3] = place.into();
            for axis in 0..3 {
                let mut other = place;
                other[axis] += 1;
                if self.inside.get(other).is_some_and(|across| across != side) {
                    for (place, offset) in [(place, 1), (other, -1)] {
                        let mut step = [0; 3];
                        step[axis] = offset;
                        if self.offer(place, step) {
                            self.waiting.push_back(place.map(|i| i as u32));
                        }
                    }
                }
            }
        }
    }

    fn spread(&mut self) {
        while let Some(place) = self.waiting.pop_front() {
            let place = place.map(|i| i as usize);
            let offset = self.nearest[place];
            for step in STEPS {
                let Some(other) = neighbour(place, step, self.inside.dim().into()) else { continue };
                let from_there = std::array::from_fn(|axis| offset[axis] - step[axis]);
                if self.inside[other] == self.inside[place] && self.offer(other, from_there) {
                    self.waiting.push_back(other.map(|i| i as u32));
                }
            }
        }
    }

    /// Keeps `offset` where it is shorter than what is known and not too long to matter; says whether it was.
    fn offer(&mut self, place: [usize; 3], offset: [i16; 3]) -> bool {
        let new = self.metric.squared_length(offset.map(f32::from));
        // Rounding must not let two equal offsets replace each other for ever.
        let better = new < 0.9999 * self.squared[place] && new < self.limit;
        if better {
            self.squared[place] = new;
            self.nearest[place] = offset;
        }
        better
    }
}

/// To the six voxels that share a face.
const STEPS: [[i16; 3]; 6] = [[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]];

fn neighbour(place: [usize; 3], step: [i16; 3], shape: [usize; 3]) -> Option<[usize; 3]> {
    let mut other = [0; 3];
    for axis in 0..3 {
        other[axis] = place[axis].checked_add_signed(isize::from(step[axis])).filter(|position| *position < shape[axis])?;
    }
    Some(other)
}

/// Gaussian mean of standard deviation `sigma` millimetres, axis after axis, at the voxels `near`; others keep their values.
pub(super) fn blur(values: &Array3<f32>, near: &Array3<bool>, metric: &Metric, sigma: f32) -> Array3<f32> {
    let mut blurred = values.as_standard_layout().into_owned();
    let shape: [usize; 3] = values.dim().into();
    let strides = [shape[1] * shape[2], shape[2], 1];
    for axis in 0..3 {
        let taps = taps(sigma / metric.spacing(axis));
        let source = blurred.clone();
        let Some(source) = source.as_slice() else { return blurred };
        for (((z, y, x), target), near) in blurred.indexed_iter_mut().zip(near) {
            if *near {
                let here = z * strides[0] + y * strides[1] + x;
                *target = mean(source, here, strides[axis], [z, y, x][axis], shape[axis], &taps);
            }
        }
    }
    blurred
}

fn mean(source: &[f32], here: usize, stride: usize, position: usize, length: usize, taps: &[f32]) -> f32 {
    let (mut sum, mut weight) = (source[here] * taps[0], taps[0]);
    for (distance, tap) in taps.iter().enumerate().skip(1) {
        if position >= distance {
            sum += tap * source[here - distance * stride];
            weight += tap;
        }
        if position + distance < length {
            sum += tap * source[here + distance * stride];
            weight += tap;
        }
    }
    sum / weight
}

/// Weights at distances 0, 1, ... voxels, as far as three standard deviations.
fn taps(sigma: f32) -> Vec<f32> {
    (0..=(3.0 * sigma).floor() as usize).map(|i| (-0.5 * (i as f32 / sigma).powi(2)).exp()).collect()
}
