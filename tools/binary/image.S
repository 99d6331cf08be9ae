/* The image, as a part of the program that the kernel maps, and Python reads where it is. */
    .section .rodata
    .balign 4096
    .global aztrust_image, aztrust_image_end
aztrust_image:
    .incbin "image.bin"
aztrust_image_end:
    .section .note.GNU-stack, "", %progbits
