/* SPDX-License-Identifier: MIT */
/* A program of somebody else's, which knows the library by its installed headers only. */
#include <cruddur/cruddur.h>
#include <stdio.h>

int main(void)
{
    cruddur_user ann = {sizeof(ann), "5ae290ed-55d1-47a0-bc6d-fe2bc2700399", "Ann", "ann"};
    cruddur_user ben = {sizeof(ben), "ee8a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e60", "Ben", "ben"};
    cruddur *dm = NULL;
    cruddur_group *group = NULL;
    cruddur_error *error = NULL;
    cruddur_status status = cruddur_open("sqlite::memory:", NULL, &dm, &error);
    if (status == CRUDDUR_OK) {
        status = cruddur_group_create(dm, &ann, &ben, 1, "hello", NULL, &group, &error);
    }
    if (status != CRUDDUR_OK) {
        (void)fprintf(stderr, "%s\n", cruddur_error_message(error));
        cruddur_error_free(error);
        cruddur_close(dm);
        return 1;
    }
    (void)printf("%s: %s (%s)\n", cruddur_group_user_display_name(group), cruddur_group_text(group),
                 cruddur_version());
    cruddur_group_free(group);
    cruddur_close(dm);
    return cruddur_version_number() == CRUDDUR_VERSION_NUMBER ? 0 : 1;
}
