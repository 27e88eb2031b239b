// Measures a study and writes every result into the current folder.
// usage: measure FOLDER

#include "bonemuscle.h"
#include <stdio.h>

static uint8_t show(const char *stage, float fraction, void *user_data) {
    (void)user_data;
    fprintf(stderr, "\r%-8s %3.0f %%%s", stage, 100.0 * fraction, fraction < 1.0f ? "" : "\n");
    return 1; // 0 would cancel
}

static int write_files(const bonemuscle_result *result) {
    for (size_t i = 0; i < bonemuscle_result_file_count(result); i++) {
        const char *name, *media_type;
        const uint8_t *data;
        size_t size;
        if (bonemuscle_result_file(result, i, &name, &media_type, &data, &size) != BONEMUSCLE_STATUS_OK) return 1;
        FILE *file = fopen(name, "wb");
        if (file == NULL) return perror(name), 1;
        int failed = fwrite(data, 1, size, file) != size;
        if (fclose(file) != 0 || failed) return perror(name), 1;
        printf("%s (%s, %zu bytes)\n", name, media_type, size);
    }
    return 0;
}

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: measure FOLDER\n");
        return 2;
    }
    bonemuscle_inputs *inputs = NULL;
    bonemuscle_result *result = NULL;
    bonemuscle_status status = bonemuscle_inputs_new(&inputs);
    if (status == BONEMUSCLE_STATUS_OK) status = bonemuscle_inputs_add_folder(inputs, arguments[1]);
    if (status == BONEMUSCLE_STATUS_OK) status = bonemuscle_measure(inputs, NULL, show, NULL, &result);
    if (status != BONEMUSCLE_STATUS_OK) fprintf(stderr, "%s\n", bonemuscle_last_error());

    int exit_code = status == BONEMUSCLE_STATUS_OK ? write_files(result) : 1;
    bonemuscle_result_free(result);
    bonemuscle_inputs_free(inputs);
    return exit_code;
}
