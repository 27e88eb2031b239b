// Everything a careless program can hand over that must end in a status. Needs no image.
// usage: boundary EMPTY_FOLDER

#include "check.h"
#include <pthread.h>
#include <string.h>

static bonemuscle_result *const STALE = (bonemuscle_result *)16;

static void null_everywhere(void) {
    bonemuscle_inputs *inputs;
    CHECK(bonemuscle_inputs_new(NULL) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_inputs_new(&inputs) == BONEMUSCLE_STATUS_OK && inputs != NULL);
    CHECK(bonemuscle_inputs_add_file(NULL, "a") == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_inputs_add_file(inputs, NULL) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(strcmp(bonemuscle_last_error(), "path is NULL") == 0);
    CHECK(bonemuscle_inputs_add_folder(NULL, "a") == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_inputs_add_folder(inputs, NULL) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_inputs_add_buffer(NULL, "a", (const uint8_t *)"b", 1) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_inputs_add_buffer(inputs, NULL, (const uint8_t *)"b", 1) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_inputs_add_buffer(inputs, "a", NULL, 1) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_inputs_add_buffer(inputs, "a", (const uint8_t *)"b", SIZE_MAX) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);

    bonemuscle_result *result = STALE;
    CHECK(bonemuscle_measure(NULL, NULL, NULL, NULL, &result) == BONEMUSCLE_STATUS_INVALID_ARGUMENT && result == NULL);
    CHECK(bonemuscle_measure(inputs, NULL, NULL, NULL, NULL) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    result = STALE;
    CHECK(bonemuscle_choose(NULL, NULL, NULL, &result) == BONEMUSCLE_STATUS_INVALID_ARGUMENT && result == NULL);
    CHECK(bonemuscle_choose(inputs, NULL, NULL, NULL) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_phantom(NULL, NULL) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    result = STALE;
    CHECK(bonemuscle_segment(NULL, NULL, NULL, NULL, &result) == BONEMUSCLE_STATUS_INVALID_ARGUMENT && result == NULL);
    CHECK(bonemuscle_segment(inputs, NULL, NULL, NULL, NULL) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_drr(NULL, NULL, NULL, NULL, &result) == BONEMUSCLE_STATUS_INVALID_ARGUMENT && result == NULL);
    CHECK(bonemuscle_drr(inputs, NULL, NULL, NULL, NULL) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_drr(inputs, "{\"film\": {\"rows\": 20000}}", NULL, NULL, &result) == BONEMUSCLE_STATUS_SETTINGS);
    CHECK(bonemuscle_models(NULL, NULL) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_check_model(NULL, NULL) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);

    const char *name = "stale", *media_type = "stale";
    const uint8_t *data = (const uint8_t *)"stale";
    size_t size = 5;
    CHECK(bonemuscle_result_file(NULL, 0, &name, &media_type, &data, &size) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(name == NULL && media_type == NULL && data == NULL && size == 0);
    CHECK(bonemuscle_result_file(NULL, 0, NULL, NULL, NULL, NULL) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_result_file_count(NULL) == 0);
    CHECK(strcmp(bonemuscle_result_json(NULL), "") == 0);
    bonemuscle_result_free(NULL);
    bonemuscle_inputs_free(NULL);
    bonemuscle_inputs_free(inputs);
}

static void text_that_is_not_utf8(void) {
    const char *latin1 = "caf\xe9";
    bonemuscle_inputs *inputs;
    bonemuscle_result *result = STALE;
    CHECK(bonemuscle_inputs_new(&inputs) == BONEMUSCLE_STATUS_OK);
    CHECK(bonemuscle_inputs_add_file(inputs, latin1) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(strcmp(bonemuscle_last_error(), "path is not UTF-8 from byte 3 on") == 0);
    CHECK(bonemuscle_inputs_add_folder(inputs, latin1) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_inputs_add_buffer(inputs, latin1, (const uint8_t *)"b", 1) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_measure(inputs, latin1, NULL, NULL, &result) == BONEMUSCLE_STATUS_INVALID_ARGUMENT && result == NULL);
    CHECK(bonemuscle_choose(inputs, NULL, latin1, &result) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    CHECK(bonemuscle_phantom(latin1, &result) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    bonemuscle_inputs_free(inputs);
}

static void settings_that_cannot_be_used(void) {
    static const char *const WRONG[] = {"", "[", "{\"thread\": 1}", "{\"threads\": 0}", "{\"threads\": 1000000}", "{\"threads\": -1}",
                                        "{\"model\": {\"passes\": 1}}", "{\"model\": {\"passes\": 201}}"};
    bonemuscle_inputs *inputs;
    bonemuscle_result *result = STALE;
    CHECK(bonemuscle_inputs_new(&inputs) == BONEMUSCLE_STATUS_OK);
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        CHECK(bonemuscle_measure(inputs, WRONG[i], NULL, NULL, &result) == BONEMUSCLE_STATUS_SETTINGS && result == NULL);
        CHECK(bonemuscle_choose(inputs, WRONG[i], NULL, &result) == BONEMUSCLE_STATUS_SETTINGS);
    }
    const char *unknown = "{\"segmentation\": {\"source\": \"model\", \"name\": \"none-such\"}}";
    result = STALE;
    CHECK(bonemuscle_measure(inputs, unknown, NULL, NULL, &result) == BONEMUSCLE_STATUS_SETTINGS && result == NULL);
    CHECK(strstr(bonemuscle_last_error(), "none-such") != NULL);
    CHECK(bonemuscle_choose(inputs, unknown, NULL, &result) == BONEMUSCLE_STATUS_SETTINGS);
    CHECK(bonemuscle_segment(inputs, unknown, NULL, NULL, &result) == BONEMUSCLE_STATUS_SETTINGS);
    CHECK(bonemuscle_check_settings(unknown) == BONEMUSCLE_STATUS_SETTINGS);
    CHECK(bonemuscle_models("{\"site\": {\"models\": 1}}", &result) == BONEMUSCLE_STATUS_SETTINGS && result == NULL);
    CHECK(bonemuscle_phantom("{\"noise\": 1}", &result) == BONEMUSCLE_STATUS_SETTINGS);
    CHECK(strstr(bonemuscle_last_error(), "noise_hu") != NULL);
    CHECK(bonemuscle_choose(inputs, NULL, "{\"1.2\": -1}", &result) == BONEMUSCLE_STATUS_INVALID_ARGUMENT);
    bonemuscle_inputs_free(inputs);
}

static void inputs_stay_usable_after_an_error(const char *folder) {
    bonemuscle_inputs *inputs;
    CHECK(bonemuscle_inputs_new(&inputs) == BONEMUSCLE_STATUS_OK);
    CHECK(bonemuscle_inputs_add_file(inputs, "/nonexistent/ct.dcm") == BONEMUSCLE_STATUS_INPUT);
    CHECK(strstr(bonemuscle_last_error(), "/nonexistent/ct.dcm") != NULL);
    CHECK(bonemuscle_inputs_add_file(inputs, folder) == BONEMUSCLE_STATUS_INPUT);
    CHECK(bonemuscle_inputs_add_folder(inputs, "/nonexistent") == BONEMUSCLE_STATUS_INPUT);
    CHECK(bonemuscle_inputs_add_folder(inputs, folder) == BONEMUSCLE_STATUS_OK);
    uint8_t bytes[4] = {1, 2, 3, 4};
    CHECK(bonemuscle_inputs_add_buffer(inputs, "four bytes", bytes, sizeof bytes) == BONEMUSCLE_STATUS_OK);
    CHECK(bonemuscle_inputs_add_buffer(inputs, "no bytes", bytes, 0) == BONEMUSCLE_STATUS_OK);
    bonemuscle_inputs_free(inputs);
}

// Each thread sees its own last error only.
static void *one_of_many(void *folder) {
    CHECK(strcmp(bonemuscle_last_error(), "") == 0);
    for (int i = 0; i < 20; i++) {
        null_everywhere();
        text_that_is_not_utf8();
        settings_that_cannot_be_used();
        inputs_stay_usable_after_an_error(folder);
    }
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    pthread_t threads[8];
    CHECK(bonemuscle_abi_version() == 1);
    CHECK(strlen(bonemuscle_version()) >= strlen("0.0.0"));
    one_of_many(arguments[1]);
    for (int i = 0; i < 8; i++) CHECK(pthread_create(&threads[i], NULL, one_of_many, arguments[1]) == 0);
    for (int i = 0; i < 8; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    puts("boundary: ok");
    return 0;
}
