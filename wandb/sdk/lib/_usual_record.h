/* The frame of a record of console text as bytes: what `wire/encode.py` and `runlog/transaction_log.py` make of it. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Of the log's format; of the time's unit, in bits of nanoseconds; the longest text that is a usual one. */
enum { BLOCK = 32768, HEADER = 7, FULL = 1, MOMENT_BITS = 13, LONGEST = 4000 };
enum { LONGEST_FRAME = HEADER + LONGEST + 64, LONGEST_MOMENT = 24 };

static uint32_t crc_table[8][256];

static void fill_crc_table(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; bit++)
            value = value >> 1 ^ (value & 1 ? 0xEDB88320u : 0);
        crc_table[0][byte] = value;
    }
    for (int slice = 1; slice < 8; slice++)
        for (int byte = 0; byte < 256; byte++)
            crc_table[slice][byte] = crc_table[slice - 1][byte] >> 8 ^ crc_table[0][crc_table[slice - 1][byte] & 255];
}

/* CRC-32 as zlib's, eight bytes at a time. */
static uint32_t crc32_of(const unsigned char *data, size_t size)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (; size >= 8; data += 8, size -= 8) {
        uint32_t low = crc ^ (data[0] | data[1] << 8 | data[2] << 16 | (uint32_t)data[3] << 24);
        crc = crc_table[7][low & 255] ^ crc_table[6][low >> 8 & 255] ^ crc_table[5][low >> 16 & 255] ^
              crc_table[4][low >> 24] ^ crc_table[3][data[4]] ^ crc_table[2][data[5]] ^ crc_table[1][data[6]] ^
              crc_table[0][data[7]];
    }
    while (size--)
        crc = crc >> 8 ^ crc_table[0][(crc ^ *data++) & 255];
    return ~crc;
}

static unsigned char *put_varint(unsigned char *out, uint64_t value)
{
    for (; value > 127; value >>= 7)
        *out++ = (unsigned char)(value & 127) | 128;
    *out++ = (unsigned char)value;
    return out;
}

static unsigned char *put_bytes(unsigned char *out, const void *data, size_t size)
{
    memcpy(out, data, size);
    return out + size;
}

static size_t varint_size(uint64_t value)
{
    size_t size = 1;
    for (; value > 127; value >>= 7)
        size++;
    return size;
}

/* `encode.moment_field`; at most LONGEST_MOMENT bytes. */
static size_t put_moment(unsigned char *start, long long moment)
{
    uint64_t nanoseconds = (uint64_t)moment << MOMENT_BITS;
    uint64_t seconds = nanoseconds / 1000000000u, rest = nanoseconds % 1000000000u;
    unsigned char *out = start + 2;
    *out++ = 0x08;
    out = put_varint(out, seconds);
    if (rest) {
        *out++ = 0x10;
        out = put_varint(out, rest);
    }
    start[0] = 0x12;
    start[1] = (unsigned char)(out - start - 2);
    return (size_t)(out - start);
}

/* The whole frame of a record; its size, or 0 if it does not fit into its block. */
static size_t put_frame(unsigned char *frame, long long end, long long num, int is_stdout, const unsigned char *moment,
                            size_t moment_size, int held, const char *text, size_t text_size)
{
    size_t size = text_size + (held != 0);
    size_t body = (is_stdout ? 2 : 0) + moment_size + 1 + varint_size(size) + size;
    size_t payload = 1 + varint_size((uint64_t)num) + 1 + varint_size(body) + body;
    if ((size_t)(end % BLOCK) + HEADER + payload > BLOCK)
        return 0;
    unsigned char *out = frame + HEADER;
    *out++ = 0x08;
    out = put_varint(out, (uint64_t)num);
    *out++ = 0x6A;
    out = put_varint(out, body);
    if (is_stdout)
        out = put_bytes(out, "\x08\x01", 2);
    out = put_bytes(out, moment, moment_size);
    *out++ = 0x1A;
    out = put_varint(out, size);
    if (held)
        *out++ = (unsigned char)held;
    put_bytes(out, text, text_size);
    frame[4] = (unsigned char)payload;
    frame[5] = (unsigned char)(payload >> 8);
    frame[6] = FULL;
    uint32_t crc = crc32_of(frame + 6, payload + 1);
    for (int byte = 0; byte < 4; byte++)
        frame[byte] = (unsigned char)(crc >> 8 * byte);
    return HEADER + payload;
}
