/* What stands in the place of a stream's `write`, for the usual case of a captured print; all else is Python's.

Usual is: the main thread of the process that called `init` writes a short text to a stream that one run listens to,
nobody is in the middle of a write or an append, and the disk is well. What is done then is what `StreamTeller.text_write`,
`Appender.append_output` and `TransactionLog.append` do, on the same objects, in a third of the time.

Each function here says either "done" or "not done, and nothing has changed": then the Python way is taken, from its
beginning. Between the look at the state and its change no code of Python can run: the interpreter's lock is kept, also
in `write(2)` (see `runlog/quick_write.py`; `_keeps_lock` says whether it may be), and nothing that a garbage collection
tracks is made. So no thread, signal handler or finalizer ever sees an append half-way. Only the stream's own `write`
may do anything, and runs with the stream's lock held, as in Python.

Compiled for each version of CPython, not once against its stable interface: the macros that count references there do
not know that `None` has become immortal. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "_usual_record.h"

static const double LONG_SECONDS = 0.01;

#ifdef CLOCK_MONOTONIC_COARSE
enum { CLOCK = CLOCK_MONOTONIC_COARSE }; /* the time of the last tick, a few milliseconds ago, for a fifth of the price */
#else
enum { CLOCK = CLOCK_MONOTONIC };
#endif

static double seconds_of(const struct timespec *time)
{
    return (double)time->tv_sec + (double)time->tv_nsec * 1e-9;
}

/* ---- Python's objects */

enum name {
    BEHIND, CALLBACKS, DESCENDS, DESCRIPTOR, END, IS_IN_LINE, IS_SHARED, KEEPS_LOCK, MOMENT, MOMENT_FIELD,
    NEXT_LOOK, NUM, TAKES_NO_OUTPUT, TELL, THREAD, TOOK_LONG, UNCOUNTED, USUAL_OUTPUT, NAMES
};
static const char *const name_texts[NAMES] = {
    "_behind", "callbacks", "descends", "_descriptor", "end", "is_in_line", "is_shared", "_keeps_lock",
    "_moment", "_moment_field", "_next_look", "_num", "_takes_no_output", "_tell", "thread", "_took_long",
    "_uncounted", "usual_output",
};
static PyObject *names[NAMES];
static PyObject *zero, *without_waiting, *line_end, *space;
static PyObject *held_ends[2][2]; /* (is_stdout, text), by is_stdout and by whether it is a line's end */

static int is_true(PyObject *owner, enum name name)
{
    PyObject *value = PyObject_GetAttr(owner, names[name]);
    int result = value == NULL ? -1 : PyObject_IsTrue(value);
    Py_XDECREF(value);
    return result;
}

/* A number that is an attribute; -1 with an exception set where it is none. */
static long long number(PyObject *owner, enum name name)
{
    PyObject *value = PyObject_GetAttr(owner, names[name]);
    long long result = value == NULL ? -1 : PyLong_AsLongLong(value);
    Py_XDECREF(value);
    return result;
}

static int set_number(PyObject *owner, enum name name, long long value)
{
    PyObject *object = PyLong_FromLongLong(value);
    int result = object == NULL ? -1 : PyObject_SetAttr(owner, names[name], object);
    Py_XDECREF(object);
    return result;
}

/* ---- the appends of one run in the process that called `init` */

#define OUTPUT_FIELDS(DO)                                                                                              \
    DO(appender) DO(log) DO(serial) DO(kept) DO(held) DO(waiting) DO(interface) DO(push) DO(popleft)
#define FIELD(name) PyObject *name;

typedef struct {
    PyObject_HEAD
    OUTPUT_FIELDS(FIELD)
} UsualOutput;

/* Whether nobody is in the middle of an append, nothing waits for one, and the disk is well. */
static int may_append(UsualOutput *self)
{
    return PyObject_Size(self->kept) == 0 && PyObject_Size(self->waiting) == 0 && number(self->serial, THREAD) == 0 &&
           is_true(self->appender, BEHIND) == 0 && is_true(self->appender, KEEPS_LOCK) == 1 &&
           is_true(self->appender, TAKES_NO_OUTPUT) == 0 && number(self->log, UNCOUNTED) == 0;
}

/* The text that is held back, "\n" or " "; 0 if there is none, -1 where it has to be written by itself first. */
static int held_character(UsualOutput *self, int is_stdout)
{
    Py_ssize_t count = PyObject_Size(self->held);
    if (count != 1)
        return count == 0 ? 0 : -1;
    PyObject *first = PySequence_GetItem(self->held, 0);
    int result = first == held_ends[is_stdout][1] ? '\n' : first == held_ends[is_stdout][0] ? ' ' : -1;
    Py_XDECREF(first);
    return result;
}

/* The three of what follows a write: whether it is done, or else an exception set. */

static int note_moment(UsualOutput *self, long long moment, const unsigned char *field, size_t size)
{
    if (number(self->appender, MOMENT) == moment)
        return 1;
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)field, (Py_ssize_t)size);
    int result = bytes != NULL && PyObject_SetAttr(self->appender, names[MOMENT_FIELD], bytes) == 0 &&
                 set_number(self->appender, MOMENT, moment) == 0;
    Py_XDECREF(bytes);
    return result;
}

static int drop_held(UsualOutput *self)
{
    PyObject *dropped = PyObject_CallFunctionObjArgs(self->popleft, NULL);
    Py_XDECREF(dropped);
    return dropped != NULL;
}

static int tell_took_long(UsualOutput *self, double seconds)
{
    PyObject *argument = PyFloat_FromDouble(seconds);
    PyObject *nothing =
        argument == NULL ? NULL : PyObject_CallMethodObjArgs(self->appender, names[TOOK_LONG], argument, NULL);
    Py_XDECREF(argument);
    Py_XDECREF(nothing);
    return nothing != NULL;
}

/* Write a record of these bytes; 1 if that is done, 0 if nothing is. -1 with an exception: done, and then interrupted. */
static int append_bytes(UsualOutput *self, int is_stdout, int held, const char *text, size_t size)
{
    struct timespec now, began, ended;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK, &began);
    PyObject *next_look = PyObject_GetAttr(self->interface, names[NEXT_LOOK]);
    int is_time_to_look = next_look == NULL || !(seconds_of(&began) < PyFloat_AsDouble(next_look));
    Py_XDECREF(next_look);
    if (is_time_to_look)
        return 0;
    long long moment = ((long long)now.tv_sec * 1000000000 + now.tv_nsec) >> MOMENT_BITS;
    unsigned char moment_bytes[LONGEST_MOMENT], frame[LONGEST_FRAME];
    size_t moment_size = put_moment(moment_bytes, moment);
    long long end = number(self->log, END), num = number(self->appender, NUM) + 1;
    int descriptor = (int)number(self->log, DESCRIPTOR);
    size_t frame_size = put_frame(frame, end, num, is_stdout, moment_bytes, moment_size, held, text, size);
    if (frame_size == 0 || PyErr_Occurred())
        return 0;
    PyObject *new_num = PyLong_FromLongLong(num), *new_end = PyLong_FromLongLong(end + (long long)frame_size);
    ssize_t written = new_num == NULL || new_end == NULL ? -1 : write(descriptor, frame, frame_size);
    int result = 0;
    if (written == (ssize_t)frame_size) {
        int is_noted = PyObject_SetAttr(self->log, names[END], new_end) == 0 &&
                       PyObject_SetAttr(self->appender, names[NUM], new_num) == 0 &&
                       note_moment(self, moment, moment_bytes, moment_size) && (!held || drop_held(self));
        clock_gettime(CLOCK, &ended);
        double seconds = seconds_of(&ended) - seconds_of(&began);
        result = is_noted && (seconds <= LONG_SECONDS || tell_took_long(self, seconds)) ? 1 : -1;
    } else if (written >= 0)
        set_number(self->log, UNCOUNTED, (long long)frame_size); /* Python's next append finds out, and cuts it off */
    Py_XDECREF(new_num);
    Py_XDECREF(new_end);
    return result;
}

/* The same for a text. */
static int append_text(UsualOutput *self, int is_stdout, PyObject *text)
{
    if (!may_append(self))
        return 0;
    int held = held_character(self, is_stdout);
    if (held < 0)
        return 0;
    if (text == line_end || text == space) {
        if (held || number(self->appender, MOMENT) < 0)
            return 0;
        PyObject *end = held_ends[is_stdout][text == line_end];
        PyObject *nothing = PyObject_CallFunctionObjArgs(self->push, end, NULL);
        Py_XDECREF(nothing);
        return nothing != NULL;
    }
    PyObject *data = PyUnicode_GetLength(text) > LONGEST ? NULL : PyUnicode_AsUTF8String(text);
    if (data == NULL)
        return 0; /* too long, or half a pair of surrogates */
    Py_ssize_t size = PyBytes_Size(data);
    int result = 0;
    const char *bytes = PyBytes_AsString(data);
    int may_be_held = size == 1 && (*bytes == '\n' || *bytes == ' '); /* not the interpreter's own object for it */
    if (size <= LONGEST && !may_be_held)
        result = append_bytes(self, is_stdout, held, bytes, (size_t)size);
    Py_DECREF(data);
    return result;
}

/* ---- the write of one stream */

/* A piece of memory that begins with 0 in every forked process, and is written to by whoever makes a UsualWrite there. */
static volatile long *home;
static long last_home;

static int make_home(void)
{
    void *memory = mmap(NULL, sizeof *home, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int takes_anything = memory != MAP_FAILED && madvise(memory, sizeof *home, 9999) == 0; /* an emulator */
    if (memory == MAP_FAILED || takes_anything || madvise(memory, sizeof *home, MADV_WIPEONFORK) != 0) {
        PyErr_SetString(PyExc_ImportError, "this kernel has no memory that forked processes don't inherit");
        return 0;
    }
    home = memory;
    return 1;
}

/* `callbacks` is who listened when that was looked up, `output` the run's UsualOutput, if it is one alone. */
#define WRITE_FIELDS(DO)                                                                                               \
    DO(otherwise) DO(original) DO(teller) DO(layer) DO(acquire) DO(release) DO(told_below) DO(thread_object)  \
    DO(callbacks) DO(output)

typedef struct {
    PyObject_HEAD
    WRITE_FIELDS(FIELD)
    unsigned long thread;
    long home;
    int is_stdout;
} UsualWrite;

static PyTypeObject *output_type;

/* The output of the only run that listens, which stays the caller's only as long as it runs no code; or NULL. */
static UsualOutput *output_of(UsualWrite *self)
{
    PyObject *callbacks = PyObject_GetAttr(self->teller, names[CALLBACKS]);
    if (callbacks != self->callbacks && callbacks != NULL) {
        PyObject *output = NULL;
        if (PyTuple_Check(callbacks) && PyTuple_Size(callbacks) == 1) {
            PyObject *owner = PyObject_GetAttrString(PyTuple_GetItem(callbacks, 0), "__self__");
            output = owner == NULL ? NULL : PyObject_GetAttr(owner, names[USUAL_OUTPUT]);
            Py_XDECREF(owner);
        }
        PyObject *old_callbacks = self->callbacks, *old_output = self->output;
        Py_INCREF(callbacks);
        self->callbacks = callbacks;
        self->output = output;
        Py_XDECREF(old_callbacks);
        Py_XDECREF(old_output);
        Py_DECREF(callbacks);
        return NULL; /* from the next time on: what ended with the old ones may have run code */
    }
    Py_XDECREF(callbacks);
    return self->output != NULL && Py_TYPE(self->output) == output_type ? (UsualOutput *)self->output : NULL;
}

/* Whether this is the process that made it, and no forked child: as `process.PerProcess`, whoever has forked it. */
static int is_at_home(UsualWrite *self)
{
    return *home == self->home;
}

static int is_usual(UsualWrite *self, PyObject *text)
{
    return PyThread_get_thread_ident() == self->thread && PyUnicode_CheckExact(text) && is_at_home(self) &&
           number(self->layer, THREAD) == 0 && PyDict_Size(self->told_below) == 0 && output_of(self) != NULL;
}

/* To the record, as the Python way does, by the quick way where that is possible; 0 with an exception set. */
static int tell(UsualWrite *self, PyObject *text)
{
    /* Looked for again: the stream's own `write` may have run a signal handler, which may have done anything. */
    UsualOutput *output = is_at_home(self) ? output_of(self) : NULL;
    if (output != NULL) {
        Py_INCREF(output);
        int done = append_text(output, self->is_stdout, text);
        Py_DECREF(output);
        if (done)
            return done > 0;
    }
    PyErr_Clear();
    PyObject *nothing = PyObject_CallMethodObjArgs(self->teller, names[TELL], text, NULL);
    Py_XDECREF(nothing);
    return nothing != NULL;
}

/* `OwnedLock.leave` behind an exception, which stays set; without a call in Python, which a signal handler could end. */
static void leave(UsualWrite *self)
{
    PyObject *type, *value, *traceback, *nothing;
    PyErr_Fetch(&type, &value, &traceback);
    if (number(self->layer, THREAD) == (long long)self->thread)
        PyObject_SetAttr(self->layer, names[THREAD], zero);
    while ((nothing = PyObject_CallFunctionObjArgs(self->release, NULL)) != NULL)
        Py_DECREF(nothing); /* until it says that this thread does not hold it any more */
    PyErr_Clear();
    PyErr_Restore(type, value, traceback);
}

/* With the layer's lock held: the stream's own write, and then the record. */
static PyObject *write_inside(UsualWrite *self, PyObject *text)
{
    if (PyObject_SetAttr(self->layer, names[THREAD], self->thread_object) < 0 ||
        PyObject_SetAttr(self->layer, names[DESCENDS], Py_True) < 0)
        return NULL;
    PyObject *nothing, *result = PyObject_CallFunctionObjArgs(self->original, text, NULL);
    if (result == NULL || PyObject_SetAttr(self->layer, names[DESCENDS], Py_False) < 0)
        goto failed;
    Py_ssize_t length = PyUnicode_GetLength(text);
    if (length) {
        if (!tell(self, text))
            goto failed;
        int is_shared = is_true(self->layer, IS_SHARED);
        PyObject *is_in_line = is_shared && PyUnicode_ReadChar(text, length - 1) != '\n' ? Py_True : Py_False;
        if (is_shared && (is_shared < 0 || PyObject_SetAttr(self->layer, names[IS_IN_LINE], is_in_line) < 0))
            goto failed;
    }
    if (PyObject_SetAttr(self->layer, names[THREAD], zero) < 0)
        goto failed;
    nothing = PyObject_CallFunctionObjArgs(self->release, NULL);
    Py_XDECREF(nothing);
    if (nothing != NULL)
        return result;
failed:
    Py_XDECREF(result);
    return NULL;
}

static PyObject *write_text(PyObject *object, PyObject *text)
{
    UsualWrite *self = (UsualWrite *)object;
    if (is_usual(self, text)) {
        PyObject *acquired = PyObject_Call(self->acquire, without_waiting, NULL);
        Py_XDECREF(acquired);
        if (acquired == Py_True) {
            PyObject *result = write_inside(self, text);
            if (result == NULL)
                leave(self);
            return result;
        }
    }
    PyErr_Clear();
    return PyObject_CallFunctionObjArgs(self->otherwise, text, NULL);
}

/* ---- the two types, and the module */

#define VISIT(name) Py_VISIT(self->name);
#if PY_VERSION_HEX >= 0x03090000
#define VISIT_TYPE Py_VISIT(Py_TYPE(self));
#else
#define VISIT_TYPE /* instances of such types did not own them in the eyes of the collector */
#endif
/* As a tuple's, their fields are never cleared: what is in a cycle with them can be, and they may be called until then. */
#define DROP(name) Py_XDECREF(self->name);

static int visit_output(UsualOutput *self, visitproc visit, void *arg)
{
    VISIT_TYPE OUTPUT_FIELDS(VISIT)
    return 0;
}

static int visit_write(UsualWrite *self, visitproc visit, void *arg)
{
    VISIT_TYPE WRITE_FIELDS(VISIT)
    return 0;
}

static void free_object(void *self)
{
    PyTypeObject *type = Py_TYPE((PyObject *)self);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static void free_output(UsualOutput *self)
{
    PyObject_GC_UnTrack(self);
    OUTPUT_FIELDS(DROP)
    free_object(self);
}

static void free_write(UsualWrite *self)
{
    PyObject_GC_UnTrack(self);
    WRITE_FIELDS(DROP)
    free_object(self);
}

static PyObject *new_object(PyTypeObject *type)
{
    return ((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
}

#define TAKE(name) Py_INCREF(self->name = name);

static PyObject *new_output(PyTypeObject *type, PyObject *arguments, PyObject *Py_UNUSED(keywords))
{
    PyObject *appender, *log, *serial, *kept, *held, *waiting, *interface;
    if (!PyArg_ParseTuple(arguments, "OOOOOOO:UsualOutput", &appender, &log, &serial, &kept, &held, &waiting, &interface))
        return NULL;
    UsualOutput *self = (UsualOutput *)new_object(type);
    if (self == NULL)
        return NULL;
    TAKE(appender) TAKE(log) TAKE(serial) TAKE(kept) TAKE(held) TAKE(waiting) TAKE(interface)
    self->push = PyObject_GetAttrString(held, "append");
    self->popleft = PyObject_GetAttrString(held, "popleft");
    if (self->push == NULL || self->popleft == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyObject *new_write(PyTypeObject *type, PyObject *arguments, PyObject *Py_UNUSED(keywords))
{
    PyObject *otherwise, *original, *teller, *layer, *told_below, *thread;
    int is_stdout;
    if (!PyArg_ParseTuple(arguments, "OO!OOOO!p:UsualWrite", &otherwise, &PyLong_Type, &thread, &original, &teller, &layer,
                          &PyDict_Type, &told_below, &is_stdout))
        return NULL;
    UsualWrite *self = (UsualWrite *)new_object(type);
    if (self == NULL)
        return NULL;
    TAKE(otherwise) TAKE(original) TAKE(teller) TAKE(layer) TAKE(told_below)
    Py_INCREF(self->thread_object = thread);
    self->thread = PyLong_AsUnsignedLong(thread);
    self->is_stdout = is_stdout;
    if (!*home)
        *home = ++last_home;
    self->home = *home;
    self->acquire = PyObject_GetAttrString(layer, "acquire");
    self->release = PyObject_GetAttrString(layer, "release");
    if (self->acquire == NULL || self->release == NULL || PyErr_Occurred()) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyMethodDef write_methods[] = {
    {"write", write_text, METH_O, "write($self, text, /)\n--\n\nWrite a text to the stream, and to the run's record."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot output_slots[] = {
    {Py_tp_new, new_output}, {Py_tp_dealloc, free_output}, {Py_tp_traverse, visit_output},
    {Py_tp_doc, "UsualOutput(appender, log, serial, kept, held, waiting, interface)"}, {0, NULL},
};
static PyType_Slot write_slots[] = {
    {Py_tp_new, new_write}, {Py_tp_dealloc, free_write}, {Py_tp_traverse, visit_write},
    {Py_tp_doc, "UsualWrite(otherwise, thread, original, teller, layer, told_below, is_stdout)"},
    {Py_tp_methods, write_methods}, {0, NULL},
};
static PyType_Spec output_spec = {
    "wandb.sdk.lib._usual_write.UsualOutput", sizeof(UsualOutput), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    output_slots,
};
static PyType_Spec write_spec = {
    "wandb.sdk.lib._usual_write.UsualWrite", sizeof(UsualWrite), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    write_slots,
};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_usual_write", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__usual_write(void)
{
    fill_crc_table();
    if (!make_home())
        return NULL;
    for (int index = 0; index < NAMES; index++)
        if ((names[index] = PyUnicode_InternFromString(name_texts[index])) == NULL)
            return NULL;
    zero = PyLong_FromLong(0);
    without_waiting = Py_BuildValue("(O)", Py_False);
    line_end = PyUnicode_FromString("\n");
    space = PyUnicode_FromString(" ");
    for (int is_stdout = 0; is_stdout < 2; is_stdout++)
        for (int is_end = 0; is_end < 2; is_end++)
            held_ends[is_stdout][is_end] =
                Py_BuildValue("(OO)", is_stdout ? Py_True : Py_False, is_end ? line_end : space);
    PyObject *module = PyModule_Create(&definition);
    output_type = (PyTypeObject *)PyType_FromSpec(&output_spec);
    PyObject *write_type = PyType_FromSpec(&write_spec);
    if (module == NULL || PyErr_Occurred() || PyModule_AddObject(module, "UsualOutput", (PyObject *)output_type) < 0 ||
        PyModule_AddObject(module, "UsualWrite", write_type) < 0)
        return NULL;
    return module;
}
