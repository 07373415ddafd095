/* SPDX-License-Identifier: 0BSD */
#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILES_MOST = 64,
    BYTES_MOST = 64 << 20 /* kept of one backup */
};

/* What take() gave, to be restored. */
struct check_archive {
    char *bytes;
    size_t len;
    struct {
        char name[101];
        size_t begin, end;
    } files[FILES_MOST];
    size_t n_files, file; /* file: of restore, 1 is the first */
    size_t at;
    bool cut; /* read() fails half-way */
    struct gw_artifact artifact;
    char texts[4][512];
    int n_artifacts;
};

/* ---- sinks of take() ---- */

static bool good_name(struct gw_str name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    for (size_t i = 0; i < name.len; i++)
        if (!name.ptr[i] || !strchr(allowed, name.ptr[i]))
            return false;
    return name.len > 0 && name.len <= 100 && name.ptr[0] != '.';
}

static gw_status out_file(struct gw_call *call, struct gw_str name, struct gw_str media_type)
{
    struct check_archive *archive = call->archive;
    gw_status says = check_piece(call);

    (void)media_type;
    if (!(call->check->plugin.backup.caps & GW_BACKUP_STREAMS))
        check_fail(call->check, "take() streams without GW_BACKUP_STREAMS in its caps");
    if (!good_name(name))
        check_fail(call->check, "take() calls a file '%.*s': [A-Za-z0-9._-], at most 100 bytes",
                   name.len < 120 ? (int)name.len : 120, name.ptr ? name.ptr : "");
    for (size_t i = 0; i < archive->n_files; i++)
        if (strlen(archive->files[i].name) == name.len &&
            memcmp(archive->files[i].name, name.ptr, name.len) == 0)
            check_fail(call->check, "take() gives the file '%s' twice", archive->files[i].name);
    if (check_failed(call->check) || says)
        return says ? says : GW_OK;
    if (archive->n_files == FILES_MOST) {
        call->code = GW_E_FULL;
        call->said = true;
        return GW_E_FULL;
    }
    call->in_file = true;
    snprintf(archive->files[archive->n_files].name, sizeof archive->files[0].name, "%.*s",
             (int)name.len, name.ptr);
    archive->files[archive->n_files].begin = archive->files[archive->n_files].end = archive->len;
    archive->n_files++;
    return GW_OK;
}

static gw_status out_write(struct gw_call *call, struct gw_str bytes)
{
    struct check_archive *archive = call->archive;
    gw_status says = check_piece(call);

    if (!call->in_file)
        check_fail(call->check, "take() writes before it begins a file");
    if (says || check_failed(call->check))
        return says;
    if (bytes.len > BYTES_MOST - archive->len) {
        call->code = GW_E_FULL;
        call->said = true;
        return GW_E_FULL;
    }
    memcpy(archive->bytes + archive->len, bytes.ptr, bytes.len);
    archive->len += bytes.len;
    archive->files[archive->n_files - 1].end = archive->len;
    return GW_OK;
}

static struct gw_str keep(struct check_archive *archive, int slot, struct gw_str text)
{
    int n = snprintf(archive->texts[slot], sizeof archive->texts[slot], "%.*s",
                     text.len < 500 ? (int)text.len : 500, text.ptr ? text.ptr : "");
    return (struct gw_str){ archive->texts[slot], (size_t)n };
}

static gw_status out_artifact(struct gw_call *call, const struct gw_artifact *theirs)
{
    struct check_archive *archive = call->archive;
    struct gw_artifact *artifact = &archive->artifact;
    gw_status says = check_piece(call);

    memset(artifact, 0, sizeof *artifact);
    memcpy(artifact, theirs,
           theirs->struct_size < sizeof *artifact ? theirs->struct_size : sizeof *artifact);
    artifact->struct_size = sizeof *artifact;
    if (!(call->check->plugin.backup.caps & GW_BACKUP_KEEPS))
        check_fail(call->check, "take() gives an artifact without GW_BACKUP_KEEPS in its caps");
    else if (!artifact->locator.len || !check_utf8(artifact->locator.ptr, artifact->locator.len))
        check_fail(call->check, "the locator of an artifact is empty or not valid UTF-8");
    else if (artifact->sha256.len && artifact->sha256.len != 64)
        check_fail(call->check, "the sha256 of an artifact has %zu bytes, not 64",
                   artifact->sha256.len);
    else if (archive->n_artifacts++)
        check_fail(call->check, "take() gives two artifacts");
    artifact->locator = keep(archive, 0, artifact->locator);
    artifact->media_type = keep(archive, 1, artifact->media_type);
    artifact->sha256 = keep(archive, 2, artifact->sha256);
    artifact->meta = keep(archive, 3, artifact->meta);
    return says;
}

static const struct gw_backup_out out = { sizeof out, 0, out_file, out_write, out_artifact };

/* ---- what restore() reads ---- */

static gw_status in_next_file(struct gw_call *call, struct gw_str *name)
{
    struct check_archive *archive = call->archive;
    if (!check_in_call(call, "next_file"))
        return GW_E_INTERNAL;
    if (archive->file >= archive->n_files)
        return GW_STOP;
    archive->at = archive->files[archive->file].begin;
    *name = (struct gw_str){ archive->files[archive->file].name,
                             strlen(archive->files[archive->file].name) };
    archive->file++;
    return GW_OK;
}

static gw_status in_read(struct gw_call *call, void *into, size_t room, size_t *got)
{
    struct check_archive *archive = call->archive;
    if (!check_in_call(call, "read") || !archive->file) {
        check_fail(call->check, "restore() reads before it asks for a file");
        return GW_E_INTERNAL;
    }
    if (archive->cut) {
        call->code = GW_E_CORRUPT;
        call->said = true;
        return GW_E_CORRUPT;
    }
    size_t left = archive->files[archive->file - 1].end - archive->at;
    *got = left < room ? left : room;
    if (*got > 7) /* in uneven pieces, as a stream comes */
        *got -= *got / 7;
    memcpy(into, archive->bytes + archive->at, *got);
    archive->at += *got;
    return GW_OK;
}

static const struct gw_backup_in in = { sizeof in, 0, in_next_file, in_read };

/* ---- calls ---- */

static struct gw_target target_of(void)
{
    static const struct gw_field fields[] = {
        { GW_S("product"), { GW_TEXT, 0, { .s = GW_S("SQLite") } } },
        { GW_S("version"), { GW_TEXT, 0, { .s = GW_S("3.40.1") } } }
    };
    return (struct gw_target){ .struct_size = sizeof(struct gw_target),
                               .n_fields = CHECK_COUNT(fields),
                               .dialect = GW_S("sqlite"),
                               .database = GW_S("check.db"),
                               .fields = fields };
}

static gw_status take(struct check *check, void *self, struct check_archive *archive,
                      const struct check_how *how)
{
    const struct gw_target target = target_of();
    struct gw_call *call = check_begin(check, "take");
    call->archive = archive;
    check_how_to(call, how);
    gw_status status = check_end(call, check->plugin.backup.take(call, self, &target, &out));
    if (status == GW_OK && !call->sink_refused && !archive->n_files && !archive->n_artifacts)
        check_fail(check, "take() succeeded and gave neither a file nor an artifact");
    return status;
}

static gw_status restore(struct check *check, void *self, struct check_archive *archive,
                         const struct check_how *how)
{
    const struct gw_target target = target_of();
    bool kept = check->plugin.backup.caps & GW_BACKUP_KEEPS;
    struct gw_call *call = check_begin(check, "restore");
    call->archive = archive;
    archive->file = 0;
    check_how_to(call, how);
    return check_end(call, check->plugin.backup.restore(call, self, kept ? NULL : &in,
                                                        kept ? &archive->artifact : NULL, &target));
}

static gw_status with_artifact(struct check *check, void *self, const char *entry,
                               const struct gw_artifact *artifact)
{
    gw_status (*function)(struct gw_call *, void *, const struct gw_artifact *) =
        strcmp(entry, "verify") == 0 ? check->plugin.backup.verify : check->plugin.backup.discard;
    if (!function)
        return GW_OK;
    struct gw_call *call = check_begin(check, entry);
    return check_end(call, function(call, self, artifact));
}

static struct check_archive *archive_new(struct check *check)
{
    struct check_archive *archive = calloc(1, sizeof *archive);
    if (archive && !(archive->bytes = malloc(BYTES_MOST))) {
        free(archive);
        archive = NULL;
    }
    if (!archive)
        check_fail(check, "out of memory");
    return archive;
}

static void archive_free(struct check_archive *archive)
{
    if (archive)
        free(archive->bytes);
    free(archive);
}

void check_exercise_backup(struct check *check, void *self, const struct check_how *how)
{
    struct check_archive *archive = archive_new(check);
    if (archive && take(check, self, archive, how) == GW_OK && !how->sink_says) {
        if (archive->n_artifacts && with_artifact(check, self, "verify", &archive->artifact) < 0 &&
            how->stop_after_ms == CHECK_NEVER)
            check_fail(check, "verify() does not know what take() has just kept");
        restore(check, self, archive, how);
        if (archive->n_artifacts) {
            with_artifact(check, self, "discard", &archive->artifact);
            if (with_artifact(check, self, "verify", &archive->artifact) == GW_OK)
                check_fail(check, "verify() still finds what discard() has removed");
            if (with_artifact(check, self, "discard", &archive->artifact) < 0)
                check_fail(check, "discard() fails when the bytes are gone already");
        }
    }
    archive_free(archive);
}

static void with_damage(struct check *check, struct check_instance *instance, const void *payload)
{
    struct check_archive *archive = archive_new(check);
    (void)payload;
    if (archive && instance->kind == GW_KIND_BACKUP) {
        if (check->plugin.backup.caps & GW_BACKUP_KEEPS) {
            archive->artifact = (struct gw_artifact){ .struct_size = sizeof archive->artifact,
                                                      .locator = GW_S("../../no such \x01 place"),
                                                      .media_type = GW_S(""),
                                                      .sha256 = GW_S(""),
                                                      .meta = GW_S("\n{") };
            if (with_artifact(check, instance->self, "verify", &archive->artifact) == GW_OK)
                check_fail(check, "verify() is content with a locator of nothing");
            if (restore(check, instance->self, archive, &CHECK_USUAL) == GW_OK)
                check_fail(check, "restore() is content with a locator of nothing");
        } else {
            restore(check, instance->self, archive, &CHECK_USUAL);
            archive->n_files = 1;
            snprintf(archive->files[0].name, sizeof archive->files[0].name, "stranger");
            memset(archive->bytes, 0xff, 4096);
            archive->files[0].end = 4096;
            restore(check, instance->self, archive, &CHECK_USUAL);
            archive->cut = true;
            restore(check, instance->self, archive, &CHECK_USUAL);
        }
    }
    archive_free(archive);
}

void check_case_damage(struct check *check)
{
    check_each(check, with_damage, NULL);
}
