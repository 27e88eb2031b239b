// Differences from another result of the same patient, and whether they are more than chance.

import type { LeastSignificantChanges } from '../api/measurements';
import type { Finding, Measurement, Report } from '../api/report';

export type Judgement = 'significant' | 'insignificant' | 'noLimit' | 'differentMethod' | 'onlyHere';

/** One value beside the same one of the other result. */
export interface Change {
  finding: Finding;
  now: Measurement;
  then?: Measurement;
  /** In the unit of the value; none where the two cannot be compared. */
  difference?: number;
  /** Of the other value. */
  percent?: number;
  judgement: Judgement;
  /** Least significant change, where the site states one. */
  limit?: number;
}

/** What makes a comparison of two results doubtful as a whole. */
export type Caution = 'cautionCalibration' | 'cautionLabels' | 'cautionScan' | 'cautionSoftware';

/** Each of `values` beside the one of `other` that is the same quantity of the same place. */
export function changes(values: readonly [Finding, Measurement][], other: Report, limits: LeastSignificantChanges): Change[] {
  return values.map(([finding, now]) => {
    const there = other.findings.find((one) => one.structure === finding.structure && one.side === finding.side);
    const same = (there?.measurements ?? []).filter((one) => one.region === now.region && one.quantity === now.quantity);
    const then = same.find((one) => one.method === now.method && one.unit === now.unit) ?? same[0];
    return change(finding, now, then, Object.hasOwn(limits, now.quantity) ? limits[now.quantity] : undefined);
  });
}

function change(finding: Finding, now: Measurement, then: Measurement | undefined, limit: number | undefined): Change {
  if (then === undefined) {
    return { finding, now, judgement: 'onlyHere' };
  }
  if (then.method !== now.method || then.unit !== now.unit) {
    return { finding, now, then, judgement: 'differentMethod' };
  }
  const difference = now.value - then.value;
  const percent = then.value > 0 ? { percent: (100 * difference) / then.value } : {};
  if (limit === undefined) {
    return { finding, now, then, difference, ...percent, judgement: 'noLimit' };
  }
  // ISCD: a change is significant where it equals or exceeds the least significant change.
  const judgement = Math.abs(difference) >= limit ? 'significant' : 'insignificant';
  return { finding, now, then, difference, ...percent, judgement, limit };
}

export function cautions(one: Report, other: Report): Caution[] {
  const differs = (part: (report: Report) => unknown) => JSON.stringify(part(one)) !== JSON.stringify(part(other));
  const found: [Caution, boolean][] = [
    ['cautionCalibration', differs(({ calibration }) => [calibration.method, calibration.id, calibration.phantom, calibration.conversion?.material])],
    ['cautionLabels', differs(({ segmentation }) => [segmentation.source, segmentation.name, segmentation.version, segmentation.algorithms])],
    ['cautionScan', differs(({ series }) => [series.tube_voltage_kv, series.kernel, series.slice_thickness_mm])],
    ['cautionSoftware', differs(({ software }) => software.version)],
  ];
  return found.filter(([, speaks]) => speaks).map(([caution]) => caution);
}
