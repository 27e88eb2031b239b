// The core's report, as `plugin-core/schema/report.schema.json` describes it; what the page does not show is left out.

export interface Report {
  notice: string;
  software: { name: string; version: string };
  started: string;
  series: Series;
  patient: { sex: string | null; age_years: number | null; height_m: number | null; weight_kg: number | null };
  calibration: Calibration;
  segmentation: Segmentation;
  quality: Quality[];
  findings: Finding[];
  references: Reference[];
}

export interface Series {
  study_instance_uid: string | null;
  series_instance_uid: string | null;
  description: string | null;
  instances_sha256: string;
  /** Slices, rows, columns. */
  shape?: [number, number, number];
  spacing_mm?: [number, number, number];
  slice_thickness_mm?: number | null;
  tube_voltage_kv?: number | null;
  kernel?: string | null;
  radiograph?: Radiograph;
}

interface Radiograph {
  sop_instance_uid: string;
  rows: number;
  columns: number;
  tube_voltage_kv: number | null;
  view_position: string | null;
  scale: { magnification: number | null; spacing_mm: [number, number] } | null;
}

interface Conversion {
  material: string;
  slope: number;
  intercept: number;
  curvature?: number;
}

export interface Calibration {
  method: 'none' | 'phantom' | 'stored' | 'internal' | 'physics';
  id?: string;
  phantom?: string;
  serial?: string | null;
  certificate?: string | null;
  confirmed_by?: string | null;
  mapping?: string | null;
  conversion?: Conversion;
  r_squared?: number | null;
  residual_sd?: number;
  date?: string;
  expires?: string;
  rods?: { density: number; hu: number; sd_hu: number }[];
  tissues?: { tissue: string; hu: number; sd_hu: number }[];
}

export interface Segmentation {
  source: 'dicom_seg' | 'label_map' | 'model';
  description?: string;
  algorithms?: string[];
  resampled?: boolean;
  file?: string;
  name?: string;
  version?: string;
  sha256?: string;
  licence?: string;
  engine?: string;
  passes?: number;
}

export interface Quality {
  code: string;
  severity: 'info' | 'warning' | 'block';
  message: string;
  found: number | null;
}

export interface Finding {
  structure: string;
  side: 'none' | 'left' | 'right';
  measurements: Measurement[];
  not_measured: NotMeasured[];
  assessments: Assessment[];
  landmarks: { name: string; figures: { name: string; value: number; accepted: string }[] }[];
  uncertainty: { method: string; predictive_variance?: number; predicted_dice?: number | null };
}

export interface Measurement {
  region: string;
  quantity: string;
  value: number;
  root_mean_square_error?: number;
  /** UCUM. */
  unit: string;
  /** Recipe and its version. */
  method: string;
  /** Identifier of an entry of `references`. */
  reference: string | null;
}

export interface NotMeasured {
  region: string;
  quantities: string[];
  criteria: string[];
  code: string;
  reason: string;
  found: number | null;
}

export interface Assessment {
  region: string;
  criterion: string;
  category: string;
  sentence: string;
  quantity: string;
  reference: string;
}

export interface Reference {
  id: string;
  description: string;
  source: string;
  device: string;
  population: string;
  verified_by: string | null;
  mean: number | null;
  sd: number | null;
  cut_offs: number[];
}
