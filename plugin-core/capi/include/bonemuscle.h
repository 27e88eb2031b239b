// The C ABI of BoneMuscle. Research use only. Not for diagnosis.
// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Written by cbindgen from plugin-core/capi/src; `UPDATE_HEADER=1 cargo test -p bonemuscle-capi --test header` renews it.
//
// Conventions
// - A function that can fail returns bonemuscle_status; bonemuscle_last_error() then says why in one sentence.
// - A method is a function whose first argument is the object. What `_new` or a run gives is freed with its `_free`, and only
//   there; `_free` accepts NULL. No function takes ownership of what it is given.
// - Inputs are const, outputs come last and are written only on success; an output pointer is NULL after a failure.
// - NULL where a pointer is needed is answered with BONEMUSCLE_STATUS_INVALID_ARGUMENT, never with a crash.
// - Text is UTF-8, ended by NUL.
// - Const functions of one object may be called from several threads at once. All threads that a function starts have ended
//   when it returns, so that the library may be unloaded whenever none of its functions runs.
// - No panic crosses the boundary: it becomes BONEMUSCLE_STATUS_INTERNAL. Rust's panic hook belongs to the process and is
//   left alone; by default it prints one line on stderr.


#ifndef BONEMUSCLE_H
#define BONEMUSCLE_H

#include <stddef.h>
#include <stdint.h>

// How a call ended. A number is never given to another meaning.
enum bonemuscle_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // As asked.
  BONEMUSCLE_STATUS_OK = 0,
  // NULL where a pointer is needed, text that is not UTF-8, or an argument out of range.
  BONEMUSCLE_STATUS_INVALID_ARGUMENT = 1,
  // The settings cannot be used.
  BONEMUSCLE_STATUS_SETTINGS = 2,
  // The input cannot be read, or is nothing that can be measured.
  BONEMUSCLE_STATUS_INPUT = 3,
  // There are no usable labels.
  BONEMUSCLE_STATUS_LABELS = 4,
  // The progress function asked to stop.
  BONEMUSCLE_STATUS_CANCELLED = 5,
  // The results could not be written.
  BONEMUSCLE_STATUS_WRITE = 6,
  // An error of BoneMuscle itself.
  BONEMUSCLE_STATUS_INTERNAL = 7,
  // A model's files, or the library that runs models, cannot be used.
  BONEMUSCLE_STATUS_MODEL = 8,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bonemuscle_status bonemuscle_status;
#else
typedef uint32_t bonemuscle_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// The type of one voxel. A number is never given to another meaning.
enum bonemuscle_voxel
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Integer of 8 bits.
  BONEMUSCLE_VOXEL_I8 = 1,
  // Unsigned integer of 8 bits.
  BONEMUSCLE_VOXEL_U8 = 2,
  // Integer of 16 bits.
  BONEMUSCLE_VOXEL_I16 = 3,
  // Unsigned integer of 16 bits.
  BONEMUSCLE_VOXEL_U16 = 4,
  // Integer of 32 bits.
  BONEMUSCLE_VOXEL_I32 = 5,
  // Unsigned integer of 32 bits.
  BONEMUSCLE_VOXEL_U32 = 6,
  // Floating point number of 32 bits.
  BONEMUSCLE_VOXEL_F32 = 7,
  // Floating point number of 64 bits.
  BONEMUSCLE_VOXEL_F64 = 8,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bonemuscle_voxel bonemuscle_voxel;
#else
typedef uint32_t bonemuscle_voxel;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What is measured: the DICOM instances of one study, in any order, among which other files do no harm; or one CT as an image that is not
// DICOM; or both of one CT.
typedef struct bonemuscle_inputs bonemuscle_inputs;

// What a run gave. It does not change any more.
typedef struct bonemuscle_result bonemuscle_result;

// Told the stage ("read", "segment", "measure", "write") and the fraction of the whole run done, 0 to 1. Answers 0 to cancel,
// anything else to go on. It is called from threads of the run, several at once, must not throw, and `stage` is valid only
// inside the call.
//
// It answers a whole byte and not `bool`, of which Rust allows only two values.
typedef uint8_t (*bonemuscle_progress)(const char *stage, float fraction, void *user_data);

// A volume in the memory of the host: one number for each voxel, and where the voxels lie.
//
// Voxels stand column by column in a row, row by row in a slice, slice by slice, without gaps. Patient coordinates are DICOM's: x to the
// left, y to the back, z to the head, in millimetres. Any directions are accepted, mirrored and sheared ones as well.
typedef struct bonemuscle_image {
  // The first voxel, aligned as its type needs.
  const void *voxels;
  // Which type, a `bonemuscle_voxel`.
  uint32_t type;
  // Columns, rows, slices.
  size_t size[3];
  // Centre of the first voxel.
  double origin[3];
  // From a voxel to the next along the column index, the row index, the slice index: three vectors one after another.
  double steps[9];
} bonemuscle_image;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The version of this header's functions: 1. It grows when a program compiled with an older header would no longer work.
uint32_t bonemuscle_abi_version(void);

// The version that every report and DICOM object names, such as "0.1.0". Valid for as long as the library is loaded.
const char *bonemuscle_version(void);

// Calibrates a scan that holds a density phantom; the result's JSON is what bonemuscle_learn_mapping and a site's stored
// calibrations are made of: `{"stored": {...}, "calibration": {...}, "tissues": [...], "quality": [...]}`.
//
// `request_json` is `{"id": "ct1-120kv-b30", "valid_days": 90, "settings": {...}}`, settings as in bonemuscle_measure; labels are
// not needed, but with labels the patient's tissues are read as well.
//
// # Safety
// As for bonemuscle_measure.
bonemuscle_status bonemuscle_calibrate(const struct bonemuscle_inputs *inputs,
                                       const char *request_json,
                                       bonemuscle_progress progress,
                                       void *user_data,
                                       struct bonemuscle_result **result);

// Learns how the patient's own tissues tell the line from HU to density, from scans that hold a phantom; the result's JSON is a
// mapping for a site's settings.
//
// `request_json` is `{"id": "ct1-120kv", "tissues": ["air", "blood"], "scans": [...]}` with answers of bonemuscle_calibrate: three for
// each tissue, and three more.
//
// # Safety
// `request_json` is ended by NUL; `result` is NULL or a place for a pointer.
bonemuscle_status bonemuscle_learn_mapping(const char *request_json,
                                           struct bonemuscle_result **result);

// Draws a radiograph of the CT in `inputs`: exact line integrals of density, of attenuation as water, or of the thickness of a
// structure. The result's JSON says what is shown and where machine and patient stood; its files are `drr.nrrd` (32-bit floats at
// their place in the patient), `drr.png` (a preview) and `drr.json`.
//
// `request_json` may be NULL for the defaults; its keys stand in plugin-core/src/pipeline/drr/request.rs, such as
// `{"settings": {...}, "structure": "femur_left", "thickness": false, "film": {"rows": 512, "columns": 512, "pixel_spacing_mm":
// [0.9, 0.9], "beam": {"kind": "cone", "source_detector_distance_mm": 1000, "source_axis_distance_mm": 850}}, "pose":
// {"rotation_degrees": [0, 0, 10], "translation_mm": [0, 0, 0]}}`, settings as in bonemuscle_measure.
//
// # Safety
// As for bonemuscle_measure.
bonemuscle_status bonemuscle_drr(const struct bonemuscle_inputs *inputs,
                                 const char *request_json,
                                 bonemuscle_progress progress,
                                 void *user_data,
                                 struct bonemuscle_result **result);

// Sets the CT, as Hounsfield units in the host's memory. It replaces one that was set before.
//
// The voxels are borrowed and must stay unchanged until `inputs` is freed. Integers of 16 bits whose columns run to the left, rows to
// the back and slices to the head (each more than to any other side), as those of a patient who lies on the back, are never copied. Other
// whole numbers that fit into 16 bits are kept as they are; other floating point numbers are rounded to the smallest power of two with
// which 16 bits reach from the lowest to the highest, 1/16 HU for the usual 4096 values.
//
// Beside DICOM files it must be the image in them: a run compares the two, measures the files, and refuses where they differ. Without
// DICOM files there are a report and a page, but no DICOM objects.
//
// # Safety
// `inputs` is NULL or from bonemuscle_inputs_new, and no other thread uses it; `image` is NULL or points to an image whose `voxels` is
// NULL or points to as many voxels of its type as `size` says, which live and stay unchanged until `inputs` is freed.
bonemuscle_status bonemuscle_inputs_set_volume(struct bonemuscle_inputs *inputs,
                                               const struct bonemuscle_image *image);

// Sets the CT, as Hounsfield units in a file: NIfTI-1 (.nii, .nii.gz) or NRRD with attached data (.nrrd, raw or gzip). It replaces one
// that was set before. The file is read by each run, and must stay until it has ended; what bonemuscle_inputs_set_volume says of other
// types than integers of 16 bits, and of DICOM files beside it, holds here as well.
//
// # Safety
// As for bonemuscle_inputs_add_file.
bonemuscle_status bonemuscle_inputs_set_volume_file(struct bonemuscle_inputs *inputs,
                                                    const char *path);

// Sets the labels of the CT, as whole numbers from 0 (background) to 65535 in the host's memory. They replace those that were set before.
//
// They may lie on another grid than the CT. `names_json` says what the values are, such as `{"1": "l1", "2": "gluteus_maximus_left"}`;
// names such as "vertebrae_L3", "L3 vertebra", "gluteus_maximus_left" and "Left gluteus maximus" are understood. A run takes these labels
// before those of a DICOM SEG or a model; settings that name others are refused. The voxels are borrowed and must stay unchanged until
// `inputs` is freed.
//
// # Safety
// As for bonemuscle_inputs_set_volume; `names_json` is NULL or ended by NUL.
bonemuscle_status bonemuscle_inputs_set_labels(struct bonemuscle_inputs *inputs,
                                               const struct bonemuscle_image *image,
                                               const char *names_json);

// Makes empty inputs, to be freed with bonemuscle_inputs_free.
//
// # Safety
// `inputs` is NULL or a place for a pointer.
bonemuscle_status bonemuscle_inputs_new(struct bonemuscle_inputs **inputs);

// Frees inputs. NULL does nothing.
//
// # Safety
// `inputs` is NULL or from bonemuscle_inputs_new, and not used again.
void bonemuscle_inputs_free(struct bonemuscle_inputs *inputs);

// Adds one file. It is opened now and then, but not held: it must stay until the run has ended.
//
// # Safety
// `inputs` is NULL or from bonemuscle_inputs_new, and no other thread uses it; `path` is NULL or text ended by NUL.
bonemuscle_status bonemuscle_inputs_add_file(struct bonemuscle_inputs *inputs, const char *path);

// Adds all regular files below a folder.
//
// # Safety
// As for bonemuscle_inputs_add_file.
bonemuscle_status bonemuscle_inputs_add_folder(struct bonemuscle_inputs *inputs, const char *path);

// Adds the `size` bytes of one DICOM file (preamble, meta header, data set). They are copied. `name` is what errors call it.
//
// # Safety
// As for bonemuscle_inputs_add_file; `data` is NULL or points to `size` bytes.
bonemuscle_status bonemuscle_inputs_add_buffer(struct bonemuscle_inputs *inputs,
                                               const char *name,
                                               const uint8_t *data,
                                               size_t size);

// One sentence about the last call of this thread that failed; "" when none has. Valid until the next call of this thread
// that fails, and no longer than the thread.
const char *bonemuscle_last_error(void);

// Lists the models that settings may name and the library that would run them: `{"engine": {"name", "problem"}, "models": [{"name",
// "version", "description", "licence", "attribution", "spacing_mm", "embedded", "folder", "passes", "classes", "kind", "problem"}]}`. A
// problem that is not null says why there is no engine, or why a model cannot be used.
//
// `settings_json` is that of bonemuscle_measure, or NULL; `site.models` lists folders, `model.engine` names the library. `result` is
// to be freed with bonemuscle_result_free.
//
// # Safety
// `settings_json` is NULL or ended by NUL; `result` is NULL or a place for a pointer.
bonemuscle_status bonemuscle_models(const char *settings_json,
                                    struct bonemuscle_result **result);

// Runs a model on one tile: `{"name", "version", "sha256", "engine", "seconds_per_tile"}`.
//
// `settings_json` names it: `{"segmentation": {"source": "model", "name": "bonemuscle-ct"}}`; NULL is the reference model. `result`
// is to be freed with bonemuscle_result_free.
//
// # Safety
// As for bonemuscle_models.
bonemuscle_status bonemuscle_check_model(const char *settings_json,
                                         struct bonemuscle_result **result);

// Draws a small digital CT study with known answers; the result's JSON holds the true values, its files are the study.
//
// `settings_json` may be NULL for the defaults; its keys stand in plugin-core/src/phantom/mod.rs, such as
// `{"pixel_spacing_mm": 1.5, "slice_spacing_mm": 2.0, "noise_hu": 10.0, "seed": 1}`. `result` is to be freed with
// bonemuscle_result_free.
//
// # Safety
// `settings_json` is NULL or ended by NUL; `result` is NULL or a place for a pointer.
bonemuscle_status bonemuscle_phantom(const char *settings_json, struct bonemuscle_result **result);

// Registers the radiograph in `inputs` with the CT in `inputs`, which may be of two studies; the result's JSON is the pose with its
// similarity, geometry and assumptions, or why it is refused, its files are `registration.json` and, where there is a pose,
// `overlay.png`.
//
// `request_json` may be NULL for the defaults; its keys stand in plugin-core/src/pipeline/register.rs, such as
// `{"radiograph": UID, "source_detector_distance_mm": 1150, "search": {"restarts": 6, "seed": 1}, "threads": 4}`.
//
// # Safety
// As for bonemuscle_measure.
bonemuscle_status bonemuscle_register(const struct bonemuscle_inputs *inputs,
                                      const char *request_json,
                                      bonemuscle_progress progress,
                                      void *user_data,
                                      struct bonemuscle_result **result);

// The report (measure), the choice (choose), the true values (phantom) and so on, as JSON. Valid until the result is freed.
// NULL gives "".
//
// # Safety
// `result` is NULL or from a run, and not freed.
const char *bonemuscle_result_json(const struct bonemuscle_result *result);

// How many files the result holds. NULL gives 0.
//
// # Safety
// As for bonemuscle_result_json.
size_t bonemuscle_result_file_count(const struct bonemuscle_result *result);

// One file: its name ("report.json", "sr.dcm" ...), its media type ("application/dicom" ...), and its `size` bytes. All
// are valid until the result is freed. `index` counts from 0.
//
// # Safety
// As for bonemuscle_result_json; the outputs are NULL or places for their types.
bonemuscle_status bonemuscle_result_file(const struct bonemuscle_result *result,
                                         size_t index,
                                         const char **name,
                                         const char **media_type,
                                         const uint8_t **data,
                                         size_t *size);

// Frees a result. NULL does nothing.
//
// # Safety
// `result` is NULL or from a run, and neither it nor what it gave is used again.
void bonemuscle_result_free(struct bonemuscle_result *result);

// Judges from the headers which series would be measured, and where its labels would come from: `{"ct_series": UID or null,
// "film_series": UID or null, "seg_series": UID or null, "model": name or null, "other_ct_series": ["UID \"description\""]}`, one of
// the first two being the image, a CT or a film of a hip, and the last those of its kind that could be measured as
// well where no SEG says which is meant.
//
// `settings_json` is that of bonemuscle_measure. `instances_in_series_json` may be NULL; it tells how many instances a series
// has where `inputs` holds only a few of them: `{"1.2.3": 120}`. `result` is to be freed with bonemuscle_result_free.
//
// # Safety
// `inputs` is NULL or from bonemuscle_inputs_new, and not changed meanwhile; texts are NULL or ended by NUL; `result` is NULL
// or a place for a pointer.
bonemuscle_status bonemuscle_choose(const struct bonemuscle_inputs *inputs,
                                    const char *settings_json,
                                    const char *instances_in_series_json,
                                    struct bonemuscle_result **result);

// Measures the study in `inputs`; the result's JSON is the report, its files are those that `settings_json` asks for.
//
// `settings_json` may be NULL for the defaults; its keys stand in plugin-core/src/settings.rs, such as
// `{"measurements": ["lumbar-bmd", "muscle"], "outputs": ["sr", "seg", "pdf", "sc"], "threads": 4}`. "outputs" may also name "image" and
// "label-map", the CT and its labels as files ("volume_format": "nifti" or "nrrd"); of an image that is not DICOM, "sr" and "seg" are
// refused, "pdf" and "sc" are the page alone, `report.pdf` and `report.png`. `progress` may be NULL;
// `user_data` is passed on to it and otherwise left alone. Computes on threads of its own. `result` is to be freed with
// bonemuscle_result_free.
//
// # Safety
// As for bonemuscle_choose; `progress` may be called from any thread with `user_data` until this function returns.
bonemuscle_status bonemuscle_measure(const struct bonemuscle_inputs *inputs,
                                     const char *settings_json,
                                     bonemuscle_progress progress,
                                     void *user_data,
                                     struct bonemuscle_result **result);

// Labels the study in `inputs` as bonemuscle_measure would, and measures nothing; the result's JSON says what was labelled, its
// files are `labels.nii.gz` on the voxels of the CT ("volume_format": "nrrd" gives `labels.nrrd`), `labels.json`, which names the label
// values, `segmentation.json`, and where "outputs" name "image" the CT.
//
// Both files, corrected or not, may be given to bonemuscle_measure:
// `{"segmentation": {"source": "label-map", "file": "labels.nii.gz", "names": "labels.json"}}`.
//
// # Safety
// As for bonemuscle_measure.
bonemuscle_status bonemuscle_segment(const struct bonemuscle_inputs *inputs,
                                     const char *settings_json,
                                     bonemuscle_progress progress,
                                     void *user_data,
                                     struct bonemuscle_result **result);

// Whether settings of bonemuscle_measure can be used: reads them, and the site's phantoms, calibrations, mappings and tables.
//
// # Safety
// `settings_json` is NULL or ended by NUL.
bonemuscle_status bonemuscle_check_settings(const char *settings_json);

// Compares measured values with a reference; the result's JSON is plugin-core/schema/validation.schema.json, its files are that
// (`validation.json`), `validation.csv`, `validation.html`, `validation.pdf` and every figure as SVG and PNG.
//
// `request_json` is `{"pairs": "pairs.csv", "settings": {"reference_cut": 0.6, "cut": 0.62}}`; the columns of the table stand in
// plugin-core/src/validation/pairs.rs, the settings in plugin-core/src/validation/settings.rs. `result` is to be freed with
// bonemuscle_result_free.
//
// # Safety
// `request_json` is ended by NUL; `result` is NULL or a place for a pointer.
bonemuscle_status bonemuscle_validate(const char *request_json,
                                      struct bonemuscle_result **result);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* BONEMUSCLE_H */
