/* SPDX-License-Identifier: MIT */
#include "disk.h"

#include <unistd.h>

#include "bench.h"
#include "data.h"
#include "measure.h"

#define BLOCK_SIZE 4096
#define BLOCKS 101

FILE *disk_open(const char *folder)
{
    bench_path path = path_in(folder, "disk");
    FILE *file = fopen(path.text, "wb");
    must(file != NULL, "making a file");
    return file;
}

void disk_close(FILE *file, const char *folder)
{
    bench_path path = path_in(folder, "disk");
    must(fclose(file) == 0 && unlink(path.text) == 0, "removing a file");
}

void disk_sync(FILE *file, double *times_us, size_t blocks)
{
    static const char block[BLOCK_SIZE];
    must(fseek(file, 0, SEEK_SET) == 0, "going to the file's start");
    for (size_t i = 0; i < blocks; i++) {
        double started_us = now_us();
        must(fwrite(block, sizeof(block), 1, file) == 1 && fflush(file) == 0 &&
                 fdatasync(fileno(file)) == 0,
             "writing to the disk");
        times_us[i] = now_us() - started_us;
    }
}

void bench_disk(const char *folder)
{
    double times_us[BLOCKS];
    FILE *file = disk_open(folder);
    print_heading("The disk: a write of 4 KiB and fdatasync");
    disk_sync(file, times_us, BLOCKS);
    print_spread("to a file that grows", spread_of(times_us, BLOCKS), "us");
    disk_sync(file, times_us, BLOCKS);
    print_spread("to a file that is there", spread_of(times_us, BLOCKS), "us");
    disk_close(file, folder);
}
