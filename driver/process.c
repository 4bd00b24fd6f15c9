/* Running other programs without a shell. */
#define _XOPEN_SOURCE 700
#include "driver/process.h"

#include "driver/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { LOG_SHOWN = 4000 }; /* bytes of the program's output that a message holds */

/* Signals that end adc while it waits, and the end of the child. One that is ignored stays
 * ignored. */
static void watched_signals(sigset_t *set)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct sigaction action;
        if (sigaction(ends[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(set, ends[i]);
    }
}

static int spawn(const char *const *arguments, const char *log, const sigset_t *mask,
                 pid_t *process)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, mask);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int problem = posix_spawnp(process, arguments[0], &actions, &attributes,
                               (char *const *)(uintptr_t)arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return problem;
}

/* The child's state; *ended is the signal that asked adc to end meanwhile, or 0. */
static int wait_for(pid_t process, const sigset_t *watched, int *ended)
{
    int state = 0;
    for (;;) {
        pid_t done = waitpid(process, &state, WNOHANG);
        if (done == process || (done < 0 && errno != EINTR)) return done < 0 ? -1 : state;
        int number = sigwaitinfo(watched, NULL);
        if (number <= 0 || number == SIGCHLD) continue;
        if (!*ended) kill(process, SIGTERM);
        *ended = number;
    }
}

static const char *log_text(struct session *session, const char *log)
{
    const char *text;
    size_t length, shown;
    size_t messages = session->messages.count;
    if (files_read(session, log, &text, &length) != STATUS_GOOD) {
        session->messages.count = messages;
        return "";
    }
    shown = length < LOG_SHOWN ? length : LOG_SHOWN;
    while (shown && text[shown - 1] == '\n') shown--;
    return session_format(session, "%s%.*s%s", shown ? "\n" : "", (int)shown, text,
                          length > LOG_SHOWN ? "\n..." : "");
}

int process_run(struct session *session, const char *what, const char *const *arguments,
                const char *log, const char *advice)
{
    sigset_t watched, mask;
    pid_t process;
    int state = 0, ended = 0;
    struct sigaction usual = {.sa_handler = SIG_DFL};
    watched_signals(&watched);
    sigaction(SIGCHLD, &usual, NULL); /* an inherited SIG_IGN would lose the child's state */
    sigprocmask(SIG_BLOCK, &watched, &mask);
    int problem = spawn(arguments, log, &mask, &process);
    if (!problem) state = wait_for(process, &watched, &ended);
    if (ended) files_discard(&session->files);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    if (ended) raise(ended);
    if (problem) {
        session_fail(session, STATUS_SYSTEM, "cannot run %s `%s`: %s", what, arguments[0],
                     strerror(problem));
        if (advice) session_help(session, "%s", advice);
        return STATUS_SYSTEM;
    }
    if (WIFEXITED(state) && WEXITSTATUS(state) == 0) return STATUS_GOOD;
    return session_fail(session, STATUS_SYSTEM, "%s `%s` failed:%s", what, arguments[0],
                        log_text(session, log));
}
