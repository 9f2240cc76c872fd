/* A driver library for machines without a GPU: two devices, of which the second has no power meter. Its interface is
   that of NVIDIA's Management Library; the tests compile it and let nvidia-ml-py load it instead of a driver's.
   NVML_RESULT is what its start returns (9: no driver), NVML_PID a process that uses device 0, NVML_HANG makes it hang,
   NVML_LOST is how many of the first devices have fallen off the bus. */
#include <stdlib.h>
#include <unistd.h>

typedef void *device;
typedef struct { unsigned int gpu, memory; } utilization;
typedef struct { unsigned long long total, free, used; } memory_info;
typedef struct { unsigned int pid; unsigned long long used; unsigned int gpu_instance, compute_instance; } process_info;

enum { SUCCESS = 0, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7, LOST = 15 };

static unsigned int number(device gpu) { return (unsigned int)(long)gpu - 1; }
static int from_environment(const char *name) { const char *text = getenv(name); return text ? atoi(text) : 0; }

int nvmlInitWithFlags(unsigned int flags) { return from_environment("NVML_RESULT"); }
int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
const char *nvmlErrorString(int result) { return "the stand-in fails as told"; }
int nvmlDeviceGetCount_v2(unsigned int *count) {
    while (from_environment("NVML_HANG")) pause();
    *count = 2;
    return SUCCESS;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, device *gpu) {
    *gpu = (device)(long)(index + 1);
    if ((int)index < from_environment("NVML_LOST")) return LOST;
    return index < 2 ? SUCCESS : NOT_FOUND;
}
int nvmlDeviceGetUtilizationRates(device gpu, utilization *rates) {
    rates->gpu = 50 + number(gpu);
    rates->memory = 20 + number(gpu);
    return SUCCESS;
}
int nvmlDeviceGetMemoryInfo(device gpu, memory_info *memory) {
    memory->total = 16ULL << 30;
    memory->used = 4ULL << 30;
    memory->free = 12ULL << 30;
    return SUCCESS;
}
int nvmlDeviceGetTemperature(device gpu, unsigned int sensor, unsigned int *degrees) {
    *degrees = 60 + number(gpu);
    return SUCCESS;
}
int nvmlDeviceGetPowerUsage(device gpu, unsigned int *milliwatts) {
    *milliwatts = 100500;
    return number(gpu) ? NOT_SUPPORTED : SUCCESS;
}
int nvmlDeviceGetEnforcedPowerLimit(device gpu, unsigned int *milliwatts) {
    *milliwatts = 201000;
    return number(gpu) ? NOT_SUPPORTED : SUCCESS;
}
int nvmlDeviceGetClockInfo(device gpu, unsigned int clock, unsigned int *megahertz) {
    *megahertz = 1000 + 100 * clock;
    return SUCCESS;
}
int nvmlDeviceGetMemoryErrorCounter(
    device gpu, unsigned int kind, unsigned int since, unsigned int place, unsigned long long *count) {
    *count = 7 + kind;
    return SUCCESS;
}
int nvmlDeviceGetComputeRunningProcesses_v3(device gpu, unsigned int *count, process_info *processes) {
    unsigned int room = *count;
    *count = from_environment("NVML_PID") && number(gpu) == 0;
    if (room < *count) return INSUFFICIENT_SIZE;
    if (*count) processes[0].pid = from_environment("NVML_PID");
    return SUCCESS;
}
