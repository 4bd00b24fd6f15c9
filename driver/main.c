/* The `adc` command: which subcommand, its options, its exit status.
 *
 *     adc COMMAND ...      adc FILE.ad ...  =  adc build FILE.ad ...
 *     adc --help | --version | --man */
#define _XOPEN_SOURCE 700
#include "driver/commands.h"
#include "driver/fix.h"
#include "driver/session.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int (*const commands[COMMAND_COUNT])(struct session *session) = {
    [COMMAND_BUILD] = command_build, [COMMAND_RUN] = command_run,
    [COMMAND_EVAL] = command_eval,   [COMMAND_REPORT] = command_report,
    [COMMAND_TRACE] = command_trace, [COMMAND_GRAPH] = command_graph,
    [COMMAND_SHOW] = command_show,   [COMMAND_CHECK] = command_check,
    [COMMAND_TEST] = command_test,   [COMMAND_FMT] = command_fmt,
};

static bool is(const char *text, const char *a, const char *b)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

/* adc FILE.ad, adc -o x.c FILE.ad, adc - */
static bool means_build(const char *text)
{
    return text[0] == '-' || files_ends_in(text, ".ad") || strchr(text, '/') ||
           access(text, F_OK) == 0;
}

static int run_command(struct session *session, int first, int count, char **arguments)
{
    struct options *options = &session->options;
    int status = options_parse(session, first, count, arguments);
    if (options->help) {
        session->messages.count = 0;
        options_help(options->command, &session->out);
        return STATUS_GOOD;
    }
    if (status == STATUS_GOOD && options->fix) status = fix_files(session);
    return status == STATUS_GOOD ? commands[options->command](session) : status;
}

static int run(struct session *session, int count, char **arguments)
{
    if (count < 2) {
        session_fail(session, STATUS_USAGE, "no command and no file");
        session_help(session, "adc FILE.ad, or `adc --help`");
        return STATUS_USAGE;
    }
    const char *first = arguments[1];
    if (is(first, "--help", "-h") || strcmp(first, "help") == 0) {
        options_overview(&session->out);
        return STATUS_GOOD;
    }
    if (strcmp(first, "--man") == 0) {
        options_manual(&session->out);
        return STATUS_GOOD;
    }
    if (is(first, "--version", "-V")) {
        adc_text_add(&session->out, "adc " ADC_VERSION "\n");
        return STATUS_GOOD;
    }
    enum command command = options_command(first);
    bool named = command != COMMAND_COUNT;
    if (!named && !means_build(first)) return options_unknown_command(session, first);
    session->options.command = named ? command : COMMAND_BUILD;
    return run_command(session, named ? 2 : 1, count, arguments);
}

/* A closed standard stream must not become the number of a file opened later. What takes its place
 * refuses to be used. */
static void occupy_standard_streams(void)
{
    for (int descriptor = 0; descriptor < 3; descriptor++)
        if (fcntl(descriptor, F_GETFD) == -1 && errno == EBADF)
            (void)open("/dev/null", descriptor == STDOUT_FILENO ? O_RDONLY : O_WRONLY);
}

static void say_out_of_memory(void)
{
    static const char text[] = "adc: error: out of memory\n";
    (void)files_write_all(STDERR_FILENO, text, sizeof text - 1);
}

int main(int count, char **arguments)
{
    struct session session;
    jmp_buf out_of_memory;
    memset(&session, 0, sizeof session);
    session.heap.allocator = adc_standard_allocator();
    session.heap.out_of_memory = &out_of_memory;
    occupy_standard_streams();
    session_init(&session);
    if (setjmp(out_of_memory)) {
        session_free(&session);
        say_out_of_memory();
        return STATUS_SYSTEM;
    }
    int status = run(&session, count, arguments);
    status = session_finish(&session, status);
    session_free(&session);
    return status;
}
