package io.asynctx.dmaengine.dto;

/**
 * What an operator has said about one operation, live.
 *
 * @param operation what it is about, e.g. {@code xor}; {@code all} for every operation
 * @param rule {@code require}, {@code prefer} or {@code forbid}
 * @param filter an LDAP filter over channel properties
 * @param by who said it
 * @param atMillis when, milliseconds since 1970
 */
public record AssignmentDTO(
    String operation, String rule, String filter, String by, long atMillis) {}
