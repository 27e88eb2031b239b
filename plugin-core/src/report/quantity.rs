//! What is measured, where, and in which unit.

use super::named::named;
use crate::units::Unit;

named! {
    /// Where in a structure a value was taken.
    Region {
        /// All labelled voxels.
        Whole = "whole",
        /// The trabecular region of interest of a vertebral body.
        Trabecular = "trabecular",
        /// A vertebral body without its posterior elements, cortical bone included.
        VertebralBody = "vertebral_body",
        /// L1 to L4, as far as they can be evaluated.
        L1ToL4 = "l1_l4",
        /// The neck of a femur.
        FemoralNeck = "femoral_neck",
        /// The trochanter of a femur.
        Trochanter = "trochanter",
        /// Between trochanter and shaft of a femur.
        Intertrochanter = "intertrochanter",
        /// Neck, trochanter and intertrochanter together.
        TotalHip = "total_hip",
        /// The slice through the middle of L3.
        L3Slice = "l3_slice",
    }
}

named! {
    /// What is measured.
    Quantity {
        /// Volume.
        Volume = "volume",
        /// Mean CT number.
        AttenuationMean = "attenuation_mean",
        /// Median CT number.
        AttenuationMedian = "attenuation_median",
        /// Standard deviation of the CT number.
        AttenuationSd = "attenuation_sd",
        /// Share of voxels whose CT number is that of fat, -190 to -30 HU (Aubrey 2014).
        FatVoxelShare = "fat_voxel_share",
        /// Share of voxels whose CT number is that of muscle, -29 to 150 HU (Aubrey 2014).
        MuscleVoxelShare = "muscle_voxel_share",
        /// Mean CT number of the voxels from -29 to 150 HU: skeletal muscle radiation attenuation.
        MuscleAttenuation = "muscle_attenuation",
        /// Mass of everything within the outline of a muscle.
        Mass = "mass",
        /// Mass of the lean part of a muscle.
        LeanMass = "lean_mass",
        /// Mass of the fat within the outline of a muscle.
        FatMass = "fat_mass",
        /// Mean volumetric bone mineral density, vBMD.
        DensityMean = "density_mean",
        /// Median volumetric bone mineral density.
        DensityMedian = "density_median",
        /// Standard deviation of the volumetric bone mineral density.
        DensitySd = "density_sd",
        /// Area of the projection, or of the section.
        Area = "area",
        /// Areal bone mineral density of the projection, aBMD: DXA-like, not DXA.
        ArealDensity = "areal_density",
        /// Bone mineral content.
        MineralContent = "mineral_content",
        /// Height of the vertebral body at its anterior wall.
        AnteriorHeight = "anterior_height",
        /// Height of the vertebral body in its middle.
        MiddleHeight = "middle_height",
        /// Height of the vertebral body at its posterior wall.
        PosteriorHeight = "posterior_height",
        /// Anterior by posterior height.
        AnteriorHeightRatio = "anterior_height_ratio",
        /// Middle by posterior height.
        MiddleHeightRatio = "middle_height_ratio",
        /// Posterior height by the mean of the neighbours' posterior heights.
        NeighbourHeightRatio = "neighbour_height_ratio",
        /// z of a slice, LPS.
        SlicePosition = "slice_position",
        /// Area of all skeletal muscle of a slice, -29 to 150 HU (SMA).
        SkeletalMuscleArea = "skeletal_muscle_area",
        /// Mean CT number of that area (SMRA).
        SkeletalMuscleAttenuation = "skeletal_muscle_attenuation",
        /// Area of fat between muscle fibres and muscles (IMAT).
        IntermuscularFatArea = "intermuscular_fat_area",
        /// Area of subcutaneous fat (SAT).
        SubcutaneousFatArea = "subcutaneous_fat_area",
        /// Area of visceral fat (VAT).
        VisceralFatArea = "visceral_fat_area",
        /// Area of both psoas muscles.
        PsoasArea = "psoas_area",
        /// Skeletal muscle area by height squared (L3 SMI).
        SkeletalMuscleIndex = "skeletal_muscle_index",
        /// Psoas area by height squared (PMI).
        PsoasMuscleIndex = "psoas_muscle_index",
        /// Skeletal muscle gauge: attenuation times index (SMG).
        SkeletalMuscleGauge = "skeletal_muscle_gauge",
        /// Fat-free mass of the body, by regression from the skeletal muscle area.
        BodyFatFreeMass = "body_fat_free_mass",
        /// Fat mass of the body, by regression from the area of fat.
        BodyFatMass = "body_fat_mass",
        /// What DXA would say as appendicular lean mass by height squared, by the site's own regression.
        EstimatedDxaSmi = "estimated_dxa_smi",
        /// Standard deviations from the mean of young adults.
        TScore = "t_score",
        /// Standard deviations from the mean of the same age and sex.
        ZScore = "z_score",
        /// Percent of the mean of young adults (%YAM).
        PercentYoungAdultMean = "percent_young_adult_mean",
    }
}

impl Quantity {
    /// Its unit; mineral densities name their material only where it is known ([`Unit::of_material`]).
    pub fn unit(self) -> Unit {
        use Quantity::*;
        match self {
            Volume => Unit::CubicCentimetre,
            AttenuationMean | AttenuationMedian | AttenuationSd | MuscleAttenuation | SkeletalMuscleAttenuation => {
                Unit::Hounsfield
            }
            FatVoxelShare | MuscleVoxelShare | PercentYoungAdultMean => Unit::Percent,
            Mass | LeanMass | FatMass => Unit::Gram,
            DensityMean | DensityMedian | DensitySd => Unit::VolumetricDensity(None),
            ArealDensity => Unit::ArealDensity(None),
            MineralContent => Unit::MineralContent(None),
            Area | SkeletalMuscleArea | IntermuscularFatArea | SubcutaneousFatArea | VisceralFatArea | PsoasArea => {
                Unit::SquareCentimetre
            }
            AnteriorHeight | MiddleHeight | PosteriorHeight | SlicePosition => Unit::Millimetre,
            AnteriorHeightRatio | MiddleHeightRatio | NeighbourHeightRatio => Unit::One,
            SkeletalMuscleIndex | PsoasMuscleIndex => Unit::SquareCentimetrePerSquareMetre,
            SkeletalMuscleGauge => Unit::Gauge,
            BodyFatFreeMass | BodyFatMass => Unit::Kilogram,
            EstimatedDxaSmi => Unit::KilogramPerSquareMetre,
            TScore => Unit::TScore,
            ZScore => Unit::ZScore,
        }
    }
}
