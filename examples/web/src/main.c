/* SPDX-License-Identifier: MIT */
#include "options.h"
#include "server.h"

int main(int argc, char **argv)
{
    struct options options;
    int status = options_read(&options, argc, argv);
    return status >= 0 ? status : server_run(&options);
}
