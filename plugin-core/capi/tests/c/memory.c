// A CT and labels in the memory of a program: a ball of muscle in air and fat, measured without a copy; and careless callers.

#include "check.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 40 };
static const double RADIUS = 15.2;

static size_t place(int x, int y, int z) {
    return ((size_t)z * SIDE + (size_t)y) * SIDE + (size_t)x;
}

static bonemuscle_image image_of(const void *voxels, bonemuscle_voxel type) {
    bonemuscle_image image = {voxels, type, {SIDE, SIDE, SIDE}, {-20.0, -20.0, 100.0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    return image;
}

static void refused(bonemuscle_inputs *inputs, bonemuscle_image image, const char *sentence) {
    CHECK(bonemuscle_inputs_set_volume(inputs, &image) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(strstr(bonemuscle_last_error(), sentence) != NULL);
}

static void careless_images_are_refused(bonemuscle_inputs *inputs, const int16_t *hu) {
    bonemuscle_image image = image_of(hu, BONEMUSCLE_VOXEL_I16);
    CHECK(bonemuscle_inputs_set_volume(NULL, &image) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_inputs_set_volume(inputs, NULL) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    refused(inputs, image_of(NULL, BONEMUSCLE_VOXEL_I16), "voxels is NULL");
    refused(inputs, image_of((const char *)hu + 1, BONEMUSCLE_VOXEL_I16), "needs an address");
    refused(inputs, image_of(hu, 0), "type is 0");
    refused(inputs, image_of(hu, 9), "type is 9");
    image.size[2] = SIZE_MAX;
    refused(inputs, image, "more voxels than memory can hold");
    image.size[2] = SIZE_MAX / (2 * SIDE * SIDE);
    refused(inputs, image, "image");
    image = image_of(hu, BONEMUSCLE_VOXEL_I16);
    image.steps[0] = NAN;
    refused(inputs, image, "span no volume");
    CHECK(bonemuscle_inputs_set_volume_file(inputs, "/nonexistent/ct.nrrd") == BONEMUSCLE_STATUS_INPUT);
    CHECK(bonemuscle_inputs_set_volume_file(inputs, NULL) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    image = image_of(hu, BONEMUSCLE_VOXEL_F32);
    CHECK(bonemuscle_inputs_set_labels(inputs, &image, "{}") == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    image = image_of(hu, BONEMUSCLE_VOXEL_U8);
    CHECK(bonemuscle_inputs_set_labels(inputs, &image, NULL) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_inputs_set_labels(inputs, &image, "no table") == BONEMUSCLE_STATUS_LABELS);
}

// Measures the ball, which must have `members` voxels, with inputs of its own.
static void measure(const int16_t *hu, const uint8_t *labels, size_t members) {
    bonemuscle_inputs *inputs;
    bonemuscle_result *result;
    bonemuscle_image ct = image_of(hu, BONEMUSCLE_VOXEL_I16), map = image_of(labels, BONEMUSCLE_VOXEL_U8);
    CHECK(bonemuscle_inputs_new(&inputs) == BONEMUSCLE_STATUS_OK);
    CHECK(bonemuscle_inputs_set_volume(inputs, &ct) == BONEMUSCLE_STATUS_OK);
    CHECK(bonemuscle_inputs_set_labels(inputs, &map, "{\"9\": \"gluteus_maximus_left\"}") == BONEMUSCLE_STATUS_OK);
    CHECK(bonemuscle_measure(inputs, "{\"outputs\": []}", NULL, NULL, &result) == BONEMUSCLE_STATUS_OK);
    CHECK(bonemuscle_result_file_count(result) == 2);
    // A cubic millimetre each: that many thousandths of a cubic centimetre.
    char volume[80];
    CHECK(members >= 10000 && members < 100000);
    snprintf(volume, sizeof volume, "\"quantity\":\"volume\",\"value\":%.5g,", (double)members / 1000.0);
    CHECK(strstr(bonemuscle_result_json(result), volume) != NULL);
    CHECK(strstr(bonemuscle_result_json(result), "\"quantity\":\"attenuation_mean\",\"value\":61.0,") != NULL);
    CHECK(strstr(bonemuscle_result_json(result), "\"series_instance_uid\":null") != NULL);
    bonemuscle_result_free(result);
    bonemuscle_inputs_free(inputs);
}

int main(void) {
    int16_t *hu = malloc(sizeof(int16_t) * SIDE * SIDE * SIDE);
    uint8_t *labels = malloc(SIDE * SIDE * SIDE);
    CHECK(hu != NULL && labels != NULL);
    size_t members = 0;
    for (int z = 0; z < SIDE; z++)
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) {
                double from_middle = sqrt(pow(x - 20, 2) + pow(y - 20, 2) + pow(z - 20, 2));
                int inside = from_middle <= RADIUS;
                hu[place(x, y, z)] = inside ? 61 : from_middle < 18 ? -100 : -1000;
                labels[place(x, y, z)] = inside ? 9 : 0;
                members += (size_t)inside;
            }
    bonemuscle_inputs *inputs;
    CHECK(bonemuscle_inputs_new(&inputs) == BONEMUSCLE_STATUS_OK);
    careless_images_are_refused(inputs, hu);
    bonemuscle_inputs_free(inputs);
    measure(hu, labels, members);
    // After a stroke of an editor.
    labels[place(20, 20, 20)] = 0;
    measure(hu, labels, members - 1);
    free(hu);
    free(labels);
    return 0;
}
