echo 'single $x `y`' "double \$x \"q\"" back\ slash\'
x='a  b'
echo $x "$x" '$x' "${x}c" $x"d"
echo "multi
line" end
echo a\
b
echo "" '' | wc -c
echo "~" a~
HOME=/h; echo ~ ~/x "~"
echo '#' not#comment # comment
echo "$(echo "nested \"quotes\" $(echo deep)")"
echo `echo back \`echo nested\``
echo "a'b" 'c"d'
set -- "one two" three
for i in "$@"; do echo "<$i>"; done
for i in $@; do echo "[$i]"; done
for i in "$*"; do echo "{$i}"; done
echo "$#" "$1" $2 "${2}" "pre$@post"
set --
for i in "$@"; do echo never; done
echo done "$#"
