//! The plane that divides the patient into left and right.
//!
//! It runs through the vertebral bodies, their arches, the sacrum and the middles between paired bones, and across the lines between
//! paired bones. A column that is too crooked to lie in a plane is left out where paired bones give the direction: the plane then runs
//! through sacrum and pelvis, and bends with the column above them as it does anyhow. The patient may be turned against the axes of the grid; left is where the patient's coordinates grow.

use super::Instances;
use super::column::Column;
use crate::anatomy::{Side, Structure};
use crate::geometry::connected::{components, index};
use crate::geometry::{Grid, Lps, add_scaled, dot, norm, subtract, unit};

/// A vertebra's middle lies behind that of its body; three times as far behind lies the spinous process.
const TO_PROCESS: f64 = 3.0;
/// The sacrum is taken in slabs of this height, in millimetres, because it is curved within the plane.
const SLAB: f64 = 12.0;
/// A slab with less, in cubic millimetres, is an edge.
const LEAST_SLAB: f64 = 1500.0;
/// The smaller of two bones of a pair has at least this share of the larger: the field of view may cut one more than the other.
const LEAST_PARTNER: f64 = 0.4;
/// What the direction between paired bones weighs against points: as a point this far off the plane, in millimetres.
const PAIR_LEVER: f64 = 60.0;
/// The plane must lie within this distance of its points, root mean square, in millimetres: more is no plane but a curve.
const LARGEST_RESIDUAL: f64 = 12.0;
/// Points must spread as far across the long axis, root mean square, in millimetres, unless paired bones give the direction.
const LEAST_SPREAD: f64 = 6.0;
/// Cosine of the largest turn of a patient whose left is still left: 45 degrees.
const LARGEST_TURN: f64 = 0.7;
/// Below the lowest vertebra a crooked column no longer says where the middle is, in millimetres.
const FADE: f64 = 60.0;

/// The plane, bent sideways along the column.
pub(super) struct Midline {
    point: Lps,
    /// Towards the left.
    normal: Lps,
    /// Height and distance to the left of each body's middle, upwards.
    bodies: Vec<[f64; 2]>,
}

/// What the plane is fitted to.
#[derive(Clone, Default)]
struct Evidence {
    points: Vec<Lps>,
    /// From right to left, length one.
    pairs: Vec<Lps>,
}

impl Midline {
    /// None where too little is seen, or it does not fit a plane.
    pub fn find(grid: &Grid, instances: &Instances, column: Option<&Column>) -> Option<Midline> {
        let mut pelvis = Evidence::default();
        pelvis.add_sacrum(grid, instances);
        pelvis.add_pairs(grid, instances);
        let mut all = pelvis.clone();
        column.inspect(|column| all.add_column(grid, column));
        // Without a pair the sacrum alone would say where the thighs are divided, far below it.
        let of_pelvis = || if pelvis.pairs.is_empty() { None } else { pelvis.plane() };
        let (point, normal) = all.plane().or_else(of_pelvis)?;
        let mut bodies = column.map_or(Vec::new(), |column| column.middles.clone());
        bodies.sort_by(|a, b| a[2].total_cmp(&b[2]));
        let bodies = bodies.into_iter().map(|middle| [middle[2], dot(subtract(middle, point), normal)]).collect();
        Some(Midline { point, normal, bodies })
    }

    /// Millimetres to the left of the middle.
    pub fn left_of(&self, point: Lps) -> f64 {
        dot(subtract(point, self.point), self.normal) - self.bend(point[2])
    }

    /// How far to the left of the plane the column is at a height.
    fn bend(&self, z: f64) -> f64 {
        let above = self.bodies.partition_point(|body| body[0] < z);
        match (above.checked_sub(1).and_then(|below| self.bodies.get(below)), self.bodies.get(above)) {
            (Some(low), Some(high)) => low[1] + (high[1] - low[1]) * (z - low[0]) / (high[0] - low[0]).max(f64::MIN_POSITIVE),
            (Some(highest), None) => highest[1],
            (None, Some(lowest)) => lowest[1] * (1.0 - (lowest[0] - z) / FADE).max(0.0),
            (None, None) => 0.0,
        }
    }
}

impl Evidence {
    fn add_column(&mut self, grid: &Grid, column: &Column) {
        let mut sums = vec![([0.0; 3], 0.0); column.middles.len()];
        for ((i, j, k), number) in column.vertebrae.indexed_iter() {
            if let Some(sum) = usize::from(*number).checked_sub(1).and_then(|at| sums.get_mut(at)) {
                *sum = (add_scaled(sum.0, grid.to_patient([i, j, k].map(|i| i as f64)), 1.0), sum.1 + 1.0);
            }
        }
        for (middle, (sum, count)) in column.middles.iter().zip(sums).filter(|(_, (_, count))| *count > 0.0) {
            let whole = sum.map(|x| x / count);
            self.points.push(*middle);
            self.points.push(add_scaled(*middle, subtract(whole, *middle), TO_PROCESS));
        }
    }

    fn add_sacrum(&mut self, grid: &Grid, instances: &Instances) {
        let Some(points) = largest(grid, instances, Structure::Sacrum).into_iter().next() else { return };
        let lowest = points.iter().map(|point| point[2]).fold(f64::INFINITY, f64::min);
        let mut slabs: Vec<Vec<Lps>> = Vec::new();
        for point in points {
            let slab = ((point[2] - lowest) / SLAB) as usize;
            if slabs.len() <= slab {
                slabs.resize(slab + 1, Vec::new());
            }
            slabs[slab].push(point);
        }
        let voxel = grid.voxel_volume().0;
        self.points.extend(slabs.iter().filter(|slab| slab.len() as f64 * voxel >= LEAST_SLAB).map(|slab| mean(slab)));
    }

    fn add_pairs(&mut self, grid: &Grid, instances: &Instances) {
        for structure in [Structure::HipBone, Structure::Femur] {
            let mut bones = largest(grid, instances, structure);
            bones.truncate(2);
            let [first, second] = &bones[..] else { continue };
            if (second.len() as f64) < LEAST_PARTNER * first.len() as f64 {
                continue;
            }
            let (a, b) = (mean(first), mean(second));
            let across = if a[0] > b[0] { subtract(a, b) } else { subtract(b, a) };
            // Upper and lower part of one bone are no pair.
            if across[0] >= LARGEST_TURN * norm(across) {
                self.pairs.push(unit(across));
                self.points.push(add_scaled(a, subtract(b, a), 0.5));
            }
        }
    }

    /// The plane nearest to the points and most across the pairs: the eigenvector of the smallest eigenvalue of their moments.
    fn plane(&self) -> Option<(Lps, Lps)> {
        let middle = if self.points.is_empty() { return None } else { mean(&self.points) };
        let offsets: Vec<Lps> = self.points.iter().map(|point| subtract(*point, middle)).collect();
        let mut moments = [[0.0; 3]; 3];
        for (vector, weight) in
            offsets.iter().map(|offset| (offset, 1.0)).chain(self.pairs.iter().map(|pair| (pair, -PAIR_LEVER * PAIR_LEVER)))
        {
            for (row, x) in moments.iter_mut().zip(vector) {
                *row = add_scaled(*row, *vector, weight * x);
            }
        }
        let normal = smallest_eigenvector(moments)?;
        let normal = normal.map(|x| x * normal[0].signum());
        let residual = spread(&offsets, normal);
        // Across the plane's normal and the long axis the points must spread too, or it could turn around them.
        let back = unit(crate::geometry::cross([0.0, 0.0, 1.0], normal));
        let held = !self.pairs.is_empty() || spread(&offsets, back) >= LEAST_SPREAD;
        (normal[0] >= LARGEST_TURN && residual <= LARGEST_RESIDUAL && held).then_some((middle, normal))
    }
}

/// Positions of the connected parts of a structure without a side, the largest first.
fn largest(grid: &Grid, instances: &Instances, structure: Structure) -> Vec<Vec<Lps>> {
    let Some(at) = instances.table.iter().position(|entry| *entry == (structure, Side::None)) else { return Vec::new() };
    let number = (at + 1) as u8;
    let mut groups = components(instances.numbers.mapv(|other| other == number).view());
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.len()));
    groups
        .into_iter()
        .take(2)
        .map(|(_, group)| group.into_iter().map(|place| grid.to_patient(index(place).map(|i| i as f64))).collect())
        .collect()
}

fn mean(points: &[Lps]) -> Lps {
    let sum = points.iter().fold([0.0; 3], |sum, point| add_scaled(sum, *point, 1.0));
    sum.map(|x| x / points.len() as f64)
}

fn spread(offsets: &[Lps], direction: Lps) -> f64 {
    (offsets.iter().map(|offset| dot(*offset, direction).powi(2)).sum::<f64>() / offsets.len() as f64).sqrt()
}

/// By power iteration on the matrix taken from a multiple of one that is larger than any of its eigenvalues.
fn smallest_eigenvector(matrix: [Lps; 3]) -> Option<Lps> {
    let bound: f64 = matrix.iter().flatten().map(|x| x.abs()).sum();
    let mut vector = [1.0, 0.0, 0.0];
    for _ in 0..1000 {
        let next = [0, 1, 2].map(|row| bound * vector[row] - dot(matrix[row], vector));
        let length = norm(next);
        if !(length.is_finite() && length > 0.0) {
            return None;
        }
        vector = next.map(|x| x / length);
    }
    Some(vector)
}
