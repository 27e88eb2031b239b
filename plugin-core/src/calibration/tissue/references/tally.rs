//! How often each stored value occurs: any number of voxels in half a megabyte, in any order.

use crate::volume::CtVolume;
use std::ops::Range;

/// Stored values, counted.
pub(super) struct Tally<'a> {
    volume: &'a CtVolume<'a>,
    /// By stored value, from the smallest `i16`.
    counts: Vec<u64>,
    total: usize,
}

/// Mean of some voxels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mean {
    pub hu: f64,
    /// Population standard deviation.
    pub sd: f64,
    pub voxels: usize,
}

impl<'a> Tally<'a> {
    /// Nothing yet.
    pub fn new(volume: &'a CtVolume<'a>) -> Tally<'a> {
        Tally { volume, counts: vec![0; 1 << 16], total: 0 }
    }

    /// One voxel more.
    pub fn add(&mut self, stored: i16) {
        self.counts[usize::from(stored.abs_diff(i16::MIN))] += 1;
        self.total += 1;
    }

    /// Number of voxels.
    pub fn count(&self) -> usize {
        self.total
    }

    /// Mean without the lowest and the highest quarter; SD and number are those of all voxels.
    pub fn middle_half(&self) -> Mean {
        let quarter = self.total / 4;
        Mean { hu: self.mean_of_ranks(quarter..self.total - quarter).hu, ..self.mean_of_ranks(0..self.total) }
    }

    /// Mean and SD of the voxels of these ranks, by increasing HU; zeros for no voxel.
    pub fn mean_of_ranks(&self, ranks: Range<usize>) -> Mean {
        let (mut before, mut voxels, mut sum, mut squares) = (0, 0, 0.0, 0.0);
        for (hu, count) in self.by_hu() {
            let taken = ranks.end.min(before + count).saturating_sub(ranks.start.max(before));
            before += count;
            voxels += taken;
            sum += hu * taken as f64;
            squares += hu * hu * taken as f64;
        }
        let mean = if voxels == 0 { 0.0 } else { sum / voxels as f64 };
        let variance = if voxels == 0 { 0.0 } else { squares / voxels as f64 - mean * mean };
        Mean { hu: mean, sd: variance.max(0.0).sqrt(), voxels }
    }

    /// HU and how often they occur, by increasing HU, which is by decreasing stored value where the slope is negative.
    fn by_hu(&self) -> impl Iterator<Item = (f64, usize)> {
        let last = self.counts.len() - 1;
        let falling = self.volume.slope < 0.0;
        (0..self.counts.len()).map(move |i| if falling { last - i } else { i }).filter(|i| self.counts[*i] > 0).map(|i| {
            let stored = (i as i32 + i32::from(i16::MIN)) as i16;
            (f64::from(self.volume.to_hu(stored)), self.counts[i] as usize)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Grid;
    use ndarray::Array3;

    fn volume(slope: f32) -> CtVolume<'static> {
        let grid = Grid { shape: [1, 1, 1], origin: [0.0; 3], steps: [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]] };
        CtVolume { grid, stored: Array3::zeros([1, 1, 1]).into(), slope, intercept: 0.0 }
    }

    #[test]
    fn an_outlier_moves_the_sd_but_not_the_middle_half() {
        let volume = volume(1.0);
        let mut tally = Tally::new(&volume);
        for stored in [10, 12, i16::MAX, 8, 10, 12, 8, i16::MIN] {
            tally.add(stored);
        }
        let mean = tally.middle_half();
        assert_eq!((mean.hu, mean.voxels), (10.0, 8));
        assert!(mean.sd > 1000.0);
    }

    #[test]
    fn ranks_go_by_hu_even_where_the_slope_is_negative() {
        let volume = volume(-1.0);
        let mut tally = Tally::new(&volume);
        [1, 2, 3, 4].into_iter().for_each(|stored| tally.add(stored));
        assert_eq!(tally.mean_of_ranks(2..4), Mean { hu: -1.5, sd: 0.5, voxels: 2 });
        assert_eq!(tally.mean_of_ranks(3..3).voxels, 0);
    }
}
