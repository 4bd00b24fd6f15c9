/* adc check: derivatives against differences, as a table or as JSON.
 *
 * One row for each result and variable: the worst of its points. Every failed entry is a message
 * too. */
#include "driver/commands.h"
#include "driver/json_io.h"
#include "driver/session.h"
#include "driver/verify.h"

#include <string.h>

struct check {
    struct session *session;
    struct program program;
    struct verify_options options;
    struct option_list names;
    bool all; /* every exported function, none was named */
    ADC_VEC(struct verify_report) reports;
    ADC_VEC(const char *) passed_over; /* functions without variables */
};

/* ------------------------------------------------------------------------- rows */

static bool is_worse(const struct verify_entry *a, const struct verify_entry *b)
{
    if (a->verdict != b->verdict) return a->verdict > b->verdict;
    return a->error > b->error;
}

/* The first of equals; NULL: the arrays of the row were empty. */
static const struct verify_entry *worst(const struct verify_report *report, size_t row)
{
    const struct verify_entry *worst = NULL;
    for (size_t i = 0; i < report->entries.count; i++) {
        const struct verify_entry *entry = &report->entries.data[i];
        if (entry->row == row && (!worst || is_worse(entry, worst))) worst = entry;
    }
    return worst;
}

/* ------------------------------------------------------------------------ table */

enum { COLUMNS = 8 };

struct row {
    const char *cell[COLUMNS];
};

struct table {
    struct session *session;
    ADC_VEC(struct row) rows;
};

static void add_row(struct table *table, const struct verify_report *report,
                    const struct verify_entry *entry)
{
    struct session *session = table->session;
    struct row row = {
        {report->function->name->text, entry->result, entry->variable,
         session_format(session, "%zu", entry->point + 1),
         verify_number(session, entry->reverse, 17), verify_number(session, entry->difference, 12),
         verify_number(session, entry->error, 2), verify_verdict_name(entry->verdict)}};
    ADC_PUSH(&session->arena, table->rows, row);
}

static void add_rows(struct table *table, const struct verify_report *report)
{
    for (size_t i = 0; i < report->row_count; i++) {
        const struct verify_entry *entry = worst(report, i);
        if (entry) add_row(table, report, entry);
    }
}

static void write_rows(struct table *table)
{
    struct adc_text *out = &table->session->out;
    size_t width[COLUMNS] = {0};
    for (size_t r = 0; r < table->rows.count; r++)
        for (size_t c = 0; c < COLUMNS; c++) {
            size_t length = strlen(table->rows.data[r].cell[c]);
            if (length > width[c]) width[c] = length;
        }
    for (size_t r = 0; r < table->rows.count; r++)
        for (size_t c = 0; c < COLUMNS; c++) {
            const char *cell = table->rows.data[r].cell[c];
            adc_text_add(out, cell);
            for (size_t n = strlen(cell); n < width[c] + 2 && c + 1 < COLUMNS; n++)
                adc_text_add(out, " ");
            if (c + 1 == COLUMNS) adc_text_add(out, "\n");
        }
}

/* The points that rows other than good ones are at. */
static void write_points(struct check *check, const struct verify_report *report)
{
    struct adc_text *out = &check->session->out;
    const char *name = report->function->name->text;
    for (size_t point = 0; point < report->points.count; point++) {
        bool shown = false;
        for (size_t i = 0; i < report->row_count && !shown; i++) {
            const struct verify_entry *entry = worst(report, i);
            shown = entry && entry->point == point && entry->verdict != VERIFY_GOOD;
        }
        if (shown)
            adc_text_format(out, "point %zu of %s: %s\n", point + 1, name,
                            verify_point_text(check->session, report, point));
    }
    for (size_t i = 0; i < report->samples.count; i++) {
        const struct verify_sample *sample = &report->samples.data[i];
        adc_text_format(out, "%s: %zu of %zu elements of `%s` compared at a point\n", name,
                        sample->chosen, sample->count, sample->name->text);
    }
    const char *left_out = verify_left_out(check->session, report);
    if (*left_out) adc_text_format(out, "%s: %s\n", name, left_out);
}

static void sum(const struct check *check, size_t count[VERIFY_COUNT])
{
    for (size_t v = 0; v < VERIFY_COUNT; v++) {
        count[v] = 0;
        for (size_t i = 0; i < check->reports.count; i++)
            count[v] += check->reports.data[i].count[v];
    }
}

static void write_table(struct check *check)
{
    struct table table = {.session = check->session};
    struct row head = {{"function", "result", "variable", "point", "derivative", "difference",
                        "error", "verdict"}};
    size_t count[VERIFY_COUNT];
    ADC_PUSH(&check->session->arena, table.rows, head);
    for (size_t r = 0; r < check->reports.count; r++) add_rows(&table, &check->reports.data[r]);
    if (table.rows.count > 1) write_rows(&table);
    for (size_t r = 0; r < check->reports.count; r++) write_points(check, &check->reports.data[r]);
    for (size_t i = 0; i < check->passed_over.count; i++)
        adc_text_format(&check->session->out, "%s: nothing to differentiate\n",
                        check->passed_over.data[i]);
    sum(check, count);
    adc_text_format(&check->session->out, "%zu good, %zu kink, %zu unsure, %zu failed\n",
                    count[VERIFY_GOOD], count[VERIFY_KINK], count[VERIFY_UNSURE],
                    count[VERIFY_FAILED]);
}

/* ------------------------------------------------------------------------- JSON */

static json_t *json_number(double value)
{
    return json_of_value(ADC_F64, (union adc_value){.f64 = value});
}

static json_t *json_entry(const struct verify_entry *entry)
{
    json_t *object = json_object();
    json_put(object, "result", json_text(entry->result));
    json_put(object, "variable", json_text(entry->variable));
    json_put(object, "point", json_integer((json_int_t)entry->point + 1));
    json_put(object, "derivative", json_number(entry->reverse));
    json_put(object, "forward", json_number(entry->forward));
    json_put(object, "difference", json_number(entry->difference));
    json_put(object, "estimate", json_number(entry->estimate));
    json_put(object, "error", json_number(entry->error));
    json_put(object, "verdict",
             json_text(entry->verdict == VERIFY_FAILED ? "failed"
                                                       : verify_verdict_name(entry->verdict)));
    return object;
}

static json_t *json_points(struct session *session, const struct verify_report *report)
{
    json_t *points = json_array();
    for (size_t p = 0; p < report->points.count; p++)
        json_append(points, verify_json(session, report, p));
    return points;
}

static json_t *json_report(struct session *session, const struct verify_report *report)
{
    json_t *object = json_object(), *entries = json_array();
    json_put(object, "function", json_text(report->function->name->text));
    json_put(object, "points", json_points(session, report));
    json_put(object, "failed_require", json_integer((json_int_t)report->failed_checks));
    json_put(object, "not_finite", json_integer((json_int_t)report->not_finite));
    for (size_t i = 0; i < report->entries.count; i++)
        json_append(entries, json_entry(&report->entries.data[i]));
    json_put(object, "entries", entries);
    return object;
}

static void write_json(struct check *check)
{
    static const char *const keys[VERIFY_COUNT] = {"good", "kink", "unsure", "failed"};
    json_t *root = json_object(), *functions = json_array();
    size_t count[VERIFY_COUNT];
    sum(check, count);
    for (size_t r = 0; r < check->reports.count; r++)
        json_append(functions, json_report(check->session, &check->reports.data[r]));
    json_put(root, "functions", functions);
    for (size_t v = 0; v < VERIFY_COUNT; v++)
        json_put(root, keys[v], json_integer((json_int_t)count[v]));
    json_write(root, &check->session->out);
    adc_text_add(&check->session->out, "\n");
    json_decref(root);
}

/* --------------------------------------------------------------------- checking */

static int check_one(struct check *check, const char *name)
{
    struct adc_function *written;
    struct verify_report report;
    int status = program_function_named(check->session, &check->program, name, &written);
    if (status != STATUS_GOOD) return status;
    if (check->all && !verify_applies(&check->program, written)) {
        ADC_PUSH(&check->session->arena, check->passed_over, name);
        return STATUS_GOOD;
    }
    status = verify_function(check->session, &check->program, written, &check->options, &report);
    if (status == STATUS_GOOD) ADC_PUSH(&check->session->arena, check->reports, report);
    return status;
}

/* Points are drawn when nothing is given, or when that is asked for. */
static int open(struct check *check)
{
    struct session *session = check->session;
    struct program *program = &check->program;
    int status = verify_take_options(session, &check->options);
    if (status == STATUS_GOOD) status = program_open(session, false, program);
    if (status == STATUS_GOOD) status = program_functions(session, program, &check->names);
    if (status != STATUS_GOOD) return status;
    check->options.drawn =
        program->arguments.count == 0 || session->options.seed || session->options.points;
    check->all = !program->function && program->arguments.count == 0 && !session->options.wrt;
    if (check->names.count == 1 || program->arguments.count == 0) return STATUS_GOOD;
    session_fail(session, STATUS_USAGE, "inputs are given, and `%s` has several functions",
                 program->name);
    session_help(session, "name the one they are for");
    return STATUS_USAGE;
}

/* A message for the worst point of each entry that failed, and for functions that were not
 * checked. */
static int complain(struct check *check, const struct verify_report *report)
{
    struct session *session = check->session;
    int status = STATUS_GOOD;
    for (size_t i = 0; i < report->row_count; i++) {
        const struct verify_entry *entry = worst(report, i);
        if (entry && entry->verdict == VERIFY_FAILED)
            status = session_fail_at(session, STATUS_PROGRAM, report->function->span,
                                     verify_complaint(session, report, entry));
    }
    if (report->points.count) return status;
    session_fail_at(session, STATUS_PROGRAM, report->function->span,
                    session_format(session, "`%s` could not be checked: no point was found for it",
                                   report->function->name->text));
    session_help(session, "%s; give inputs as NAME=VALUE", verify_left_out(session, report));
    return STATUS_PROGRAM;
}

int command_check(struct session *session)
{
    struct check check = {.session = session};
    int status = open(&check);
    for (size_t i = 0; i < check.names.count && status == STATUS_GOOD; i++)
        status = check_one(&check, check.names.data[i]);
    if (status == STATUS_GOOD) status = program_check_constants(session, &check.program);
    if (status != STATUS_GOOD) return status;
    if (session->options.json) write_json(&check);
    else write_table(&check);
    session->out_stands = true;
    for (size_t i = 0; i < check.reports.count; i++) {
        int one = complain(&check, &check.reports.data[i]);
        if (one != STATUS_GOOD) status = one;
    }
    return status;
}
