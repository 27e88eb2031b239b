//! Registers simulated films of known pose and prints how well: `register_films [NUMBER OF FILMS] [FIRST SEED]`.

#[path = "../tests/registration/patients.rs"]
mod patients;
#[path = "../tests/registration/scene.rs"]
mod scene;

use plugin_core::progress::Progress;
use plugin_core::registration::{Landmark, RegistrationSettings, register, target_error};
use scene::Patient;
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let count = arguments.next().unwrap_or(60);
    let first = arguments.next().unwrap_or(1);
    for (name, patient) in [("real CT", patients::real()), ("phantom", Some(patients::drawn()))] {
        if let Some(patient) = patient {
            series(name, &patient, first..first + count);
        }
    }
}

fn series(name: &str, patient: &Patient, seeds: std::ops::Range<u64>) {
    let (mut in_plane, mut depth, mut seconds, mut similarities, mut refused) = (vec![], vec![], vec![], vec![], 0);
    let count = seeds.clone().count();
    for seed in seeds {
        let taken = patient.film(seed, 15.0, 10.0);
        let middle = [taken.geometry.rows, taken.geometry.columns].map(|side| (side as f64 - 1.0) / 2.0);
        let landmark = Some(Landmark { ct_mm: patient.centre, film_pixel: middle });
        let settings = RegistrationSettings { landmark, seed, ..RegistrationSettings::default() };
        let start = Instant::now();
        let found = register(&taken.film(), &patient.ct, &settings, Progress::silent());
        seconds.push(start.elapsed().as_secs_f64());
        match found {
            Err(error) => {
                refused += 1;
                println!("{name} {seed}: {error}");
            }
            Ok(found) => {
                let error = target_error(&found.view, &found.targets, &found.pose, &taken.truth);
                println!(
                    "{name} {seed}: in plane {:.2} mm, depth {:.2} mm, similarity {:.3}, {} agree within {:.2} mm, {} projections, {:.1} s",
                    error.in_plane_mm,
                    error.depth_mm,
                    found.similarity,
                    found.agreeing,
                    found.spread.in_plane_mm,
                    found.evaluations,
                    seconds.last().copied().unwrap_or_default()
                );
                in_plane.push(error.in_plane_mm);
                depth.push(error.depth_mm);
                similarities.push(found.similarity);
            }
        }
    }
    let good = in_plane.iter().filter(|error| **error < 2.0).count();
    println!(
        "{name}: {count} films, {refused} refused, success (in plane < 2 mm) {:.1} %, mTRE in plane median {:.2} mm (95 %: {:.2}), \
         depth median {:.2} mm, similarity {:.3} at least, median {:.1} s, longest {:.1} s",
        100.0 * good as f64 / count as f64,
        share(&mut in_plane, 0.5),
        share(&mut in_plane, 0.95),
        share(&mut depth, 0.5),
        share(&mut similarities, 0.0),
        share(&mut seconds, 0.5),
        share(&mut seconds, 1.0)
    );
}

/// A quantile of what was measured.
fn share(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get((share * values.len().saturating_sub(1) as f64).round() as usize).copied().unwrap_or(f64::NAN)
}
