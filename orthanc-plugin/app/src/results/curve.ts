// What a reference curve shows: only what the report holds, and only references that somebody verified.

import type { Finding, Measurement, Reference, Report } from '../api/report';

/** A line or a band of the reference, over all ages: the report's references are of young adults, not of an age. */
export interface Level {
  value: number;
  kind: 'mean' | 'deviation' | 'cut';
  /** T-score of the level, where it is one. */
  score?: number;
}

export interface Curve {
  finding: Finding;
  measurement: Measurement;
  reference: Reference;
  levels: Level[];
  /** The young adults, where their mean and deviation are known. */
  band?: [number, number];
  /** Where a category lies, for criteria that name one on either side of every cut-off; none where it was withheld. */
  zones: { category: string; from: number; to: number }[];
  /** Scores that were taken against this reference. */
  scores: Measurement[];
  low: number;
  high: number;
  age: number | null;
}

/** T-scores between which WHO's categories lie; drawn only where that criterion was applied. */
const WHO_LOW = -1;
const WHO_OSTEOPOROSIS = -2.5;

export function curvesOf(report: Report, findings: readonly Finding[]): Curve[] {
  return findings.flatMap((finding) => [...scored(report, finding), ...cut(report, finding)]);
}

function verified(report: Report, id: string | null): Reference | undefined {
  return report.references.find((one) => one.id === id && one.verified_by !== null);
}

/** Areal densities against the young adults that their T-score or %YAM was taken from. */
function scored(report: Report, finding: Finding): Curve[] {
  const scores = finding.measurements.filter((one) => one.reference !== null);
  const ids = new Set(scores.map((one) => `${one.region} ${one.reference}`));
  return [...ids].flatMap((id) => {
    const mine = scores.filter((one) => `${one.region} ${one.reference}` === id);
    const reference = verified(report, mine[0]?.reference ?? null);
    const measurement = finding.measurements.find((one) => one.region === mine[0]?.region && one.quantity === 'areal_density');
    const { mean, sd } = reference ?? { mean: null, sd: null };
    if (!reference || !measurement || mean === null || sd === null || !(sd > 0)) {
      return [];
    }
    const judged = finding.assessments.some((one) => one.criterion === 'who' && one.region === measurement.region);
    const isT = mine.some((one) => one.quantity === 't_score');
    const levels: Level[] = [{ value: mean, kind: 'mean' }];
    if (isT) {
      levels.push(...[WHO_LOW, WHO_OSTEOPOROSIS].map((score): Level => ({ value: mean + score * sd, kind: judged ? 'cut' : 'deviation', score })));
    }
    const spread = [measurement.value, mean + 2 * sd, mean - 4 * sd];
    const [low, high] = [Math.max(0, Math.min(...spread) - 0.3 * sd), Math.max(...spread) + 0.3 * sd];
    return [{
      finding, measurement, reference, levels, band: [mean - sd, mean + sd], scores: mine, low, high, age: report.patient.age_years,
      zones: isT && judged ? zones([mean + WHO_OSTEOPOROSIS * sd, mean + WHO_LOW * sd], low, high) : [],
    }];
  });
}

/** Other values against the cut-offs of a criterion; scores have their own, and heights none. */
function cut(report: Report, finding: Finding): Curve[] {
  return finding.assessments.flatMap((said) => {
    const reference = verified(report, said.reference);
    const measurement = finding.measurements.find((one) => one.region === said.region && one.quantity === said.quantity);
    const cuts = (reference?.cut_offs ?? []).filter(Number.isFinite);
    const isScore = ['t_score', 'z_score', 'percent_young_adult_mean'].includes(said.quantity);
    if (!reference || !measurement || cuts.length === 0 || isScore || said.criterion === 'genant') {
      return [];
    }
    const [least, most] = [Math.min(...cuts), Math.max(...cuts)];
    const span = Math.max(most - least, 0.5 * Math.abs(most), 1);
    const [low, high] = [Math.min(least - span, measurement.value - 0.1 * span), Math.max(most + span, measurement.value + 0.1 * span)];
    return [{
      finding, measurement, reference, scores: [], age: report.patient.age_years, low, high,
      levels: cuts.map((value): Level => ({ value, kind: 'cut' })),
      zones: said.criterion === 'spine_qct' && cuts.length === 2 ? zones([least, most], low, high) : [],
    }];
  });
}

/** From the worst to the best, as WHO and ACR/ISCD name them. */
const BONE_CATEGORIES = ['osteoporosis', 'low_bone_mass', 'normal'];

function zones(cuts: [number, number], low: number, high: number): Curve['zones'] {
  const ends = [low, ...cuts, high];
  return BONE_CATEGORIES.map((category, index) => ({ category, from: ends[index] ?? low, to: ends[index + 1] ?? high }));
}
