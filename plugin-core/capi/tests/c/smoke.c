// The whole way: draw the phantom, measure it from memory, look at every file, cancel, and measure in eight threads at once.

#define _DEFAULT_SOURCE
#include "check.h"
#include <dirent.h>
#include <pthread.h>
#include <string.h>

typedef struct {
    pthread_mutex_t lock;
    int calls;
    float last;
    uint8_t answer;
} listener;

static uint8_t listen_to(const char *stage, float fraction, void *user_data) {
    listener *self = user_data;
    CHECK(strlen(stage) > 0 && fraction >= 0.0f && fraction <= 1.0f);
    CHECK(pthread_mutex_lock(&self->lock) == 0);
    self->calls += 1;
    self->last = fraction;
    CHECK(pthread_mutex_unlock(&self->lock) == 0);
    return self->answer;
}

static bonemuscle_inputs *phantom_inputs(void) {
    bonemuscle_inputs *inputs;
    bonemuscle_result *phantom;
    CHECK(bonemuscle_inputs_new(&inputs) == BONEMUSCLE_STATUS_OK);
    CHECK(bonemuscle_phantom("{\"pixel_spacing_mm\": 4.0, \"slice_spacing_mm\": 6.0}", &phantom) == BONEMUSCLE_STATUS_OK);
    CHECK(bonemuscle_result_json(phantom)[0] == '{');
    CHECK(bonemuscle_result_file_count(phantom) > 10);
    for (size_t i = 0; i < bonemuscle_result_file_count(phantom); i++) {
        const char *name, *media_type;
        const uint8_t *data;
        size_t size;
        CHECK(bonemuscle_result_file(phantom, i, &name, &media_type, &data, &size) == BONEMUSCLE_STATUS_OK);
        if (strcmp(media_type, "application/dicom") != 0) continue;
        CHECK(bonemuscle_inputs_add_buffer(inputs, name, data, size) == BONEMUSCLE_STATUS_OK);
    }
    bonemuscle_result_free(phantom);
    return inputs;
}

// Inputs that do not change may be shared by threads.
static void *measure(void *shared_inputs) {
    const bonemuscle_inputs *inputs = shared_inputs;
    listener self = {.lock = PTHREAD_MUTEX_INITIALIZER, .answer = 0x80};
    bonemuscle_result *result;
    CHECK(bonemuscle_choose(inputs, NULL, NULL, &result) == BONEMUSCLE_STATUS_OK);
    CHECK(strstr(bonemuscle_result_json(result), "\"ct_series\"") != NULL);
    bonemuscle_result_free(result);

    CHECK(bonemuscle_measure(inputs, "{\"threads\": 2}", listen_to, &self, &result) == BONEMUSCLE_STATUS_OK);
    CHECK(self.calls > 4);
    CHECK(strstr(bonemuscle_result_json(result), "\"attenuation_mean\"") != NULL);
    int found_report = 0;
    size_t sum = 0;
    for (size_t i = 0; i < bonemuscle_result_file_count(result); i++) {
        const char *name, *media_type;
        const uint8_t *data;
        size_t size;
        CHECK(bonemuscle_result_file(result, i, &name, &media_type, &data, &size) == BONEMUSCLE_STATUS_OK);
        found_report |= strcmp(name, "report.json") == 0;
        for (size_t byte = 0; byte < size; byte++) sum += data[byte];
    }
    CHECK(found_report && sum > 0);
    const char *name, *media_type;
    const uint8_t *data;
    size_t size, beyond = bonemuscle_result_file_count(result);
    CHECK(bonemuscle_result_file(result, beyond, &name, &media_type, &data, &size) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    bonemuscle_result_free(result);
    return NULL;
}

static void cancel(const bonemuscle_inputs *inputs) {
    listener self = {.lock = PTHREAD_MUTEX_INITIALIZER, .answer = 0};
    bonemuscle_result *result;
    CHECK(bonemuscle_measure(inputs, NULL, listen_to, &self, &result) == BONEMUSCLE_STATUS_CANCELLED);
    CHECK(result == NULL && strlen(bonemuscle_last_error()) > 0);
    // The same inputs still give a result.
    CHECK(bonemuscle_measure(inputs, "{\"outputs\": []}", NULL, NULL, &result) == BONEMUSCLE_STATUS_OK);
    bonemuscle_result_free(result);
}

static const char *file_called(const bonemuscle_result *result, const char *wanted, size_t *size) {
    for (size_t i = 0; i < bonemuscle_result_file_count(result); i++) {
        const char *name, *media_type;
        const uint8_t *data;
        CHECK(bonemuscle_result_file(result, i, &name, &media_type, &data, size) == BONEMUSCLE_STATUS_OK);
        if (strcmp(name, wanted) == 0) return (const char *)data;
    }
    return NULL;
}

// The SEG of the phantom as a label map.
static void segment(const bonemuscle_inputs *inputs) {
    bonemuscle_result *result;
    size_t size;
    CHECK(bonemuscle_segment(inputs, NULL, NULL, NULL, &result) == BONEMUSCLE_STATUS_OK);
    CHECK(strstr(bonemuscle_result_json(result), "\"volume_cm3\"") != NULL);
    const char *labels = file_called(result, "labels.nii.gz", &size);
    CHECK(labels != NULL && size > 100 && memcmp(labels, "\x1f\x8b", 2) == 0);
    CHECK(file_called(result, "labels.json", &size) != NULL && file_called(result, "segmentation.json", &size) != NULL);
    bonemuscle_result_free(result);
    listener self = {.lock = PTHREAD_MUTEX_INITIALIZER, .answer = 0};
    CHECK(bonemuscle_segment(inputs, NULL, listen_to, &self, &result) == BONEMUSCLE_STATUS_CANCELLED && result == NULL);
}

static void models(void) {
    bonemuscle_result *result;
    CHECK(bonemuscle_models(NULL, &result) == BONEMUSCLE_STATUS_OK);
    CHECK(strstr(bonemuscle_result_json(result), "\"engine\"") != NULL);
    bonemuscle_result_free(result);
}

static void garbage(void) {
    bonemuscle_inputs *inputs;
    bonemuscle_result *result;
    CHECK(bonemuscle_inputs_new(&inputs) == BONEMUSCLE_STATUS_OK);
    CHECK(bonemuscle_measure(inputs, NULL, NULL, NULL, &result) == BONEMUSCLE_STATUS_INPUT);
    CHECK(bonemuscle_inputs_add_buffer(inputs, "garbage", (const uint8_t *)"not DICOM", 9) == BONEMUSCLE_STATUS_OK);
    CHECK(bonemuscle_measure(inputs, NULL, NULL, NULL, &result) == BONEMUSCLE_STATUS_INPUT && result == NULL);
    CHECK(bonemuscle_choose(inputs, NULL, NULL, &result) == BONEMUSCLE_STATUS_INPUT);
    bonemuscle_inputs_free(inputs);
}

static int threads_named_bonemuscle(void) {
    int found = 0;
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks != NULL);
    for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
        char path[300], name[64] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
        FILE *comm = fopen(path, "r");
        if (comm == NULL) continue;
        found += fgets(name, sizeof name, comm) != NULL && strncmp(name, "bonemuscle-", 11) == 0;
        fclose(comm);
    }
    closedir(tasks);
    return found;
}

int main(void) {
    pthread_t threads[8];
    bonemuscle_inputs *inputs = phantom_inputs();
    garbage();
    cancel(inputs);
    segment(inputs);
    models();
    CHECK(threads_named_bonemuscle() == 0);
    for (int i = 0; i < 8; i++) CHECK(pthread_create(&threads[i], NULL, measure, inputs) == 0);
    for (int i = 0; i < 8; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(threads_named_bonemuscle() == 0);
    bonemuscle_inputs_free(inputs);
    puts("smoke: ok");
    return 0;
}
