/**
 * The table of numbers to reach: what is measured, how, and how it is told. Rows stand in groups;
 * both sides of a row are sampled in turn in one JVM.
 */
@NullMarked
package io.asynctx.bench;

import org.jspecify.annotations.NullMarked;
