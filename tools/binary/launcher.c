/* The program `aztrust` as one file: Python, linked in, and everything that it imports.

   The image (tools/binary/image.py) is a part of this program, which the kernel maps when it is
   started. Nothing is unpacked: no temporary folder is made, read or trusted. `_image` hands the
   mapped bytes to start.py, which is compiled in as a frozen module and imports the rest.

   Built by tools/binary/build.py, with frozen.h of the same build. */

#define _GNU_SOURCE
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "frozen.h"

#define NEVER_A_PROGRAM 0x8U /* MFD_NOEXEC_SEAL, which older headers do not have */
#define ALL_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

extern const unsigned char aztrust_image[], aztrust_image_end[];

static PyObject *
bytes_of_image(PyObject *self, PyObject *none)
{
    (void)self, (void)none;
    return PyMemoryView_FromMemory((char *)aztrust_image,
                                   aztrust_image_end - aztrust_image, PyBUF_READ);
}

/* A new file in memory with these bytes, that no one can change any more; returns its descriptor.
   Kernels may refuse a file that could be run as a program, or, before 6.3, not know that word. */
static PyObject *
file_in_memory(PyObject *self, PyObject *arguments)
{
    (void)self;
    const char *name;
    Py_buffer data;
    if (!PyArg_ParseTuple(arguments, "sy*", &name, &data))
        return NULL;
    int file = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | NEVER_A_PROGRAM);
    if (file < 0 && errno == EINVAL)
        file = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    Py_ssize_t done = 0, count = file < 0 ? -1 : 0;
    while (count >= 0 && done < data.len) {
        count = write(file, (const char *)data.buf + done, data.len - done);
        done += count;
    }
    PyBuffer_Release(&data);
    if (count < 0 || fcntl(file, F_ADD_SEALS, ALL_SEALS) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        if (file >= 0)
            close(file);
        return NULL;
    }
    return PyLong_FromLong(file);
}

/* A library that extension modules need: the loader finds it by its name, once it is loaded. */
static PyObject *
load_library(PyObject *self, PyObject *path)
{
    (void)self;
    const char *name = PyUnicode_AsUTF8(path);
    if (name == NULL)
        return NULL;
    if (dlopen(name, RTLD_NOW | RTLD_LOCAL) == NULL) {
        PyErr_SetString(PyExc_ImportError, dlerror());
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"image", bytes_of_image, METH_NOARGS, "The image, as it is mapped."},
    {"memory", file_in_memory, METH_VARARGS, "A sealed file in memory: its descriptor."},
    {"load", load_library, METH_O, "Load a shared library for the modules that need it."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_image", "What is compiled into this program.", -1, methods,
    NULL, NULL, NULL, NULL,
};

static PyObject *
init_image(void)
{
    return PyModule_Create(&module);
}

/* Every place that Python would look for: with them given, it searches none. */
static PyStatus
set_places(PyConfig *config)
{
    char own[4096];
    ssize_t size = readlink("/proc/self/exe", own, sizeof own - 1);
    if (size < 0)
        return PyStatus_Error("cannot read /proc/self/exe; mount /proc, or take the wheel");
    own[size] = 0;
    wchar_t **places[] = {
        &config->executable, &config->base_executable, &config->program_name,
        &config->prefix, &config->base_prefix, &config->exec_prefix, &config->base_exec_prefix,
        &config->stdlib_dir, &config->home,
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        PyStatus status = PyConfig_SetBytesString(config, places[i], own);
        if (PyStatus_Exception(status))
            return status;
    }
    config->module_search_paths_set = 1;
    return PyStatus_Ok();
}

static PyStatus
start(int argc, char **argv)
{
    PyPreConfig before;
    PyPreConfig_InitPythonConfig(&before);
    before.isolated = 1;
    before.use_environment = 0;
    before.parse_argv = 0;
    before.utf8_mode = 1;  /* the codecs of other encodings are in the image */
    PyStatus status = Py_PreInitialize(&before);
    if (PyStatus_Exception(status))
        return status;

    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.isolated = 1;
    config.use_environment = 0;
    config.safe_path = 1;
    config.user_site_directory = 0;
    config.site_import = 0;
    config.write_bytecode = 0;
    config.parse_argv = 0;
    status = set_places(&config);
    if (!PyStatus_Exception(status))
        status = PyConfig_SetBytesArgv(&config, argc, argv);
    if (!PyStatus_Exception(status))
        status = PyConfig_SetString(&config, &config.run_command, L"import _aztrust_start");
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    return status;
}

int
main(int argc, char **argv)
{
    PyImport_FrozenModules = frozen_modules;
    PyStatus status = PyStatus_NoMemory();
    if (PyImport_AppendInittab("_image", init_image) == 0)
        status = start(argc, argv);
    if (PyStatus_Exception(status)) {
        fprintf(stderr, "aztrust  could not start: %s\n", status.err_msg ? status.err_msg : "");
        return 1;
    }
    return Py_RunMain();
}
