// Loads and unloads the library three times, each time with failing calls in a thread of its own, and with a run if asked to.
// usage: reload LIBRARY [run]

#include "bonemuscle.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define REQUIRE(condition)                                                    \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);   \
            return (void *)1;                                                 \
        }                                                                     \
    } while (0)

typedef bonemuscle_status (*phantom_function)(const char *, bonemuscle_result **);
typedef void (*free_function)(bonemuscle_result *);
typedef const char *(*last_error_function)(void);

static int with_run;

// ISO C has no cast from an object pointer to a function pointer; POSIX lets dlsym be read this way.
static int symbol(void *library, const char *name, void *function) {
    void *address = dlsym(library, name);
    memcpy(function, &address, sizeof address);
    return address != NULL;
}

static void *use(void *library) {
    phantom_function phantom;
    free_function free_result;
    last_error_function last_error;
    REQUIRE(symbol(library, "bonemuscle_phantom", &phantom));
    REQUIRE(symbol(library, "bonemuscle_result_free", &free_result));
    REQUIRE(symbol(library, "bonemuscle_last_error", &last_error));
    bonemuscle_result *result;
    REQUIRE(phantom("{\"unknown\": 1}", &result) == BONEMUSCLE_STATUS_SETTINGS);
    REQUIRE(strlen(last_error()) > 0);
    if (with_run) {
        REQUIRE(phantom(NULL, &result) == BONEMUSCLE_STATUS_OK);
        free_result(result);
    }
    return NULL;
}

int main(int count, char **arguments) {
    if (count < 2) return 2;
    with_run = count > 2;
    for (int i = 0; i < 3; i++) {
        void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
        if (library == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        pthread_t thread;
        void *failed;
        if (pthread_create(&thread, NULL, use, library) != 0 || pthread_join(thread, &failed) != 0 || failed) return 1;
        if (dlclose(library) != 0) return 1;
        if (dlopen(arguments[1], RTLD_NOW | RTLD_NOLOAD) != NULL) {
            fprintf(stderr, "the library is still loaded\n");
            return 1;
        }
    }
    puts("reload: ok");
    return 0;
}
