/* image_util.h — the files of an index kept in memory, so that a test may spoil the index and have it back. */
#ifndef IMAGE_UTIL_H
#define IMAGE_UTIL_H
#include "tests/story_util.h"

#define IMAGE_FILES 16

typedef struct image {
    char name[64];
    uint8_t *was, *now; /* as it was; as it is put back */
    size_t bytes;
} image;

static image files[IMAGE_FILES];
static size_t file_count;

/* Takes the files of the index, which no writer has open. */
static inline void image_load(void)
{
    char name[600];
    struct stat st;
    DIR *d = opendir(index_path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] == '.' || !strcmp(e->d_name, "LOCK")) continue;
        assert_true(file_count < IMAGE_FILES && strlen(e->d_name) < sizeof files->name);
        image *f = &files[file_count++];
        snprintf(f->name, sizeof f->name, "%.63s", e->d_name);
        snprintf(name, sizeof name, "%s/%.63s", index_path, f->name);
        int fd = open(name, O_RDONLY);
        assert_true(fd >= 0 && !fstat(fd, &st));
        f->bytes = (size_t)st.st_size;
        f->was = malloc(f->bytes);
        f->now = malloc(f->bytes);
        assert_true(f->was && f->now && read(fd, f->was, f->bytes) == (ssize_t)f->bytes);
        close(fd);
    }
    closedir(d);
}

static inline void image_reset(void)
{
    for (size_t i = 0; i < file_count; i++) memcpy(files[i].now, files[i].was, files[i].bytes);
}

/* The index is what the files say now, and nothing else. */
static inline void image_put(void)
{
    char name[600];
    remove_folder(index_path);
    assert_int_equal(mkdir(index_path, 0777), 0);
    for (size_t i = 0; i < file_count; i++) {
        snprintf(name, sizeof name, "%s/%.63s", index_path, files[i].name);
        int fd = open(name, O_WRONLY | O_CREAT, 0666);
        assert_true(fd >= 0 && write(fd, files[i].now, files[i].bytes) == (ssize_t)files[i].bytes);
        close(fd);
    }
}

static inline void image_free(void)
{
    for (size_t i = 0; i < file_count; i++) {
        free(files[i].was);
        free(files[i].now);
    }
    file_count = 0;
}
#endif
