/**
 * PCI functions that behave: what any model has, and its face inside this JVM.
 *
 * <p>Threading: each type says.
 */
@NullMarked
package io.asynctx.models;

import org.jspecify.annotations.NullMarked;
