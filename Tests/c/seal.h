/* seal.h: the checksum of a serialized sketch, made right again after damage: what lies behind it is to be tested too. */
#ifndef SEAL_H
#define SEAL_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 (IEEE 802.3, reflected), as zlib's. */
static inline uint32_t crc32_of(const unsigned char *bytes, size_t length) {
    uint32_t crc = ~(uint32_t)0;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

/* Writes the checksum of all but the last four bytes into these. */
static inline void seal_sketch(unsigned char *bytes, size_t length) {
    if (length < 4) return;
    const uint32_t crc = crc32_of(bytes, length - 4);
    for (int i = 0; i < 4; i++) bytes[length - 4 + (size_t)i] = (unsigned char)(crc >> 8 * i);
}

#endif
